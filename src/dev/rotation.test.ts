import { describe, expect, it } from 'vitest';

import { parseDevSecrets } from './dev-secrets.ts';
import type { MountedVolume } from './first-mounts.ts';
import { findRotationTarget, replaceValue, type RotationTarget } from './rotation.ts';

const text = `# the top
secret:
  shop/db:
    port: 5432 # a number
    password: first
kv:
  legacy: { token: old }
`;

function secretsOf(source: string): Parameters<typeof findRotationTarget>[0] {
  const parsed = parseDevSecrets(source);
  if (!parsed.ok) throw new Error('the fixture is broken');
  return parsed.value;
}

function mounted(contents: Readonly<Record<string, string>>): MountedVolume {
  return {
    volume: {
      className: 'web',
      provider: 'vault',
      parameters: new Map(),
      volumeAttributes: {},
      secrets: null,
      identity: { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' },
      targetPath: '/target',
    },
    files: Object.entries(contents).map(([path, value]) => ({
      path,
      mode: 0o644,
      contents: Buffer.from(value),
      version: 'v',
    })),
  };
}

describe('findRotationTarget', () => {
  it('finds a value of the file that is mounted as it stands there', () => {
    const volume = mounted({ config: '{"password":"first"}', 'db/password': 'first' });

    expect(findRotationTarget(secretsOf(text), [volume])).toMatchObject({
      section: 'secret',
      name: 'shop/db',
      key: 'password',
      value: 'first',
      path: 'db/password',
    });
  });

  it('falls back to key/value version 1', () => {
    expect(findRotationTarget(secretsOf(text), [mounted({ token: 'old' })])).toMatchObject({ section: 'kv' });
  });

  it('finds nothing when only numbers and parts are mounted', () => {
    expect(findRotationTarget(secretsOf(text), [mounted({ port: '5432', part: 'fir' })])).toBeUndefined();
  });
});

describe('replaceValue', () => {
  it('changes that value and nothing else', () => {
    const target = findRotationTarget(secretsOf(text), [mounted({ p: 'first' })]);

    expect(replaceValue(text, target as RotationTarget, 'second: "quoted"')).toBe(
      text.replace('password: first', `password: 'second: "quoted"'`),
    );
  });
});
