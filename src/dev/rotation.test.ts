import { describe, expect, it } from 'vitest';

import { parseDevSecrets } from './dev-secrets.ts';
import type { MountedVolume } from './first-mounts.ts';
import { findRotationTargets, formatPlace, replaceValues } from './rotation.ts';

const text = `# the top
secret:
  shop/db:
    port: 5432 # a number
    password: first
kv:
  legacy: { token: old }
secretsmanager:
  shop/api: { key: first-key }
  plain: first-text
ssmparameter:
  /shop/level: info
`;

function secretsOf(source: string): Parameters<typeof findRotationTargets>[0] {
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

describe('findRotationTargets', () => {
  it('finds a value of the file that is mounted as it stands there', () => {
    const volume = mounted({ config: '{"password":"first"}', 'db/password': 'first' });

    expect(findRotationTargets(secretsOf(text), [volume])).toMatchObject([
      { place: ['secret', 'shop/db', 'password'], value: 'first', path: 'db/password' },
    ]);
  });

  it.for([
    ['key/value version 1', 'old', ['kv', 'legacy', 'token']],
    ['a key of a secret at AWS', 'first-key', ['secretsmanager', 'shop/api', 'key']],
    ['a secret at AWS that is text', 'first-text', ['secretsmanager', 'plain']],
    ['a parameter', 'info', ['ssmparameter', '/shop/level']],
  ] as const)('finds %s', ([, value, place]) => {
    expect(findRotationTargets(secretsOf(text), [mounted({ file: value })])).toMatchObject([{ place }]);
  });

  it('finds one value of each store', () => {
    const volume = mounted({ a: 'first', b: 'old', c: 'first-key', d: 'info' });

    expect(findRotationTargets(secretsOf(text), [volume]).map(formatPlace)).toEqual([
      'secret shop/db, key password',
      'secretsmanager shop/api, key key',
    ]);
  });

  it('finds nothing when only numbers and parts are mounted', () => {
    expect(findRotationTargets(secretsOf(text), [mounted({ port: '5432', part: 'fir' })])).toEqual([]);
  });
});

describe('formatPlace', () => {
  it('names no key where there is none', () => {
    const targets = findRotationTargets(secretsOf(text), [mounted({ file: 'info' })]);

    expect(targets.map(formatPlace)).toEqual(['ssmparameter /shop/level']);
  });
});

describe('replaceValues', () => {
  it('changes those values and nothing else', () => {
    const targets = findRotationTargets(secretsOf(text), [mounted({ p: 'first', q: 'info' })]);
    const rotated = targets.map((target) => ({ ...target, value: `"${target.value}": 2` }));

    expect(replaceValues(text, rotated)).toBe(
      text.replace('password: first', `password: '"first": 2'`).replace('level: info', `level: '"info": 2'`),
    );
  });
});
