import { describe, expect, it } from 'vitest';

import { readManifests } from '../spc/manifest.ts';
import { readClassSecrets } from './class-secrets.ts';
import type { MountedFile } from './played-driver.ts';
import { PlayedSync } from './played-sync.ts';
import { toVolume } from './volumes.ts';

const manifest = (secretObjects: string): string => `
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: { name: shop, namespace: default }
spec:
  provider: vault
  parameters:
    roleName: shop
    objects: |
      - { objectName: password, secretPath: secret/data/shop, secretKey: password }
      - { objectName: hint, secretPath: secret/data/shop, secretKey: hint, optional: true }
${secretObjects}`;

const opaque = `
  secretObjects:
    - secretName: first
      type: Opaque
      data: [{ objectName: password, key: pw }, { objectName: hint, key: hint }]
    - secretName: second
`;

function createSync(secretObjects: string) {
  const parsed = readManifests(manifest(secretObjects));
  const [providerClass] = parsed.ok ? parsed.value : [];
  if (providerClass === undefined) throw new Error('no class');
  const volume = toVolume(providerClass, '/kubelet', { volumeAttributes: {}, secrets: null });
  const sync = new PlayedSync(new Map([[volume, readClassSecrets(providerClass)]]));
  return { sync, volume };
}

const toFiles = (texts: Readonly<Record<string, string>>): readonly MountedFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, mode: 0o644, contents: Buffer.from(text), version: text }));

describe('PlayedSync', () => {
  it('makes the Secrets of a class, without the keys of absent optional objects', async () => {
    const { sync, volume } = createSync(opaque);
    const news = await sync.sync(volume, toFiles({ password: 'x' }));

    expect(news).toMatchObject([
      { kind: 'made', secret: { name: 'first', type: 'Opaque' } },
      { kind: 'made', secret: { name: 'second', type: 'Opaque' } },
    ]);
    expect(news.map((each) => (each.kind === 'made' ? [...each.secret.data.keys()] : []))).toEqual([
      ['pw'],
      ['password'],
    ]);
    expect(sync.concerns(volume)).toBe(true);
  });

  it('tells afterwards only what changes', async () => {
    const { sync, volume } = createSync(opaque);
    await sync.sync(volume, toFiles({ password: 'x' }));

    expect(await sync.sync(volume, toFiles({ password: 'x' }))).toEqual([]);
    expect(await sync.sync(volume, toFiles({ password: 'y', hint: 'z' }))).toMatchObject([
      { kind: 'changed', keys: ['hint', 'pw'] },
      { kind: 'changed', keys: ['hint', 'password'] },
    ]);
  });

  it('tells a refusal once, and when it is over', async () => {
    const { sync, volume } = createSync(opaque);
    const refused = { kind: 'refused', reason: expect.stringMatching(/^SECRET_INVALID: Secret first: key "pw"/) };

    expect(await sync.sync(volume, toFiles({ hint: 'x' }))).toMatchObject([refused, { kind: 'made' }]);
    expect(await sync.sync(volume, toFiles({ hint: 'x' }))).toEqual([]);
    expect(await sync.sync(volume, toFiles({ hint: 'x', password: 'y' }))).toMatchObject([
      { kind: 'made', secret: { name: 'first' } },
      { kind: 'changed', keys: ['password'] },
    ]);
  });

  it('does not take the file that stands for an empty volume into a Secret', async () => {
    const { sync, volume } = createSync(opaque);
    const news = await sync.sync(volume, toFiles({ '.lockstep': '' }));

    expect(news).toMatchObject([{ kind: 'refused' }, { kind: 'made', secret: { data: new Map() } }]);
  });

  it('has nothing to do with classes that ask for no Secret', async () => {
    const { sync, volume } = createSync('');

    expect(sync.concerns(volume)).toBe(false);
    expect(await sync.sync(volume, toFiles({ password: 'x' }))).toEqual([]);
  });

  it.for([
    ['  secretObjects: [{ secretName: Shop }]', /secretObjects\[0\]\.secretName: "Shop" is no name/],
    ['  secretObjects: [{ secretName: 5 }]', /secretObjects\[0\]\.secretName: must be text/],
    [
      '  secretObjects: [{ secretName: a, secretName: b }]',
      /secretObjects line \d+: has the key "secretName" a second time/,
    ],
  ] as const)('says what is wrong with %s', async ([secretObjects, message]) => {
    const { sync, volume } = createSync(secretObjects);

    expect(sync.problems(volume)).toEqual([expect.stringMatching(message)]);
    expect(sync.concerns(volume)).toBe(true);
    expect(await sync.sync(volume, toFiles({ password: 'x' }))).toEqual([]);
  });
});
