import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { DriverVersion } from './harness/csi-driver.ts';
import { DriverTap, type TappedMount } from './harness/driver-tap.ts';
import { e2e } from './harness/e2e.ts';
import type { Provider } from './harness/provider.ts';
import { until } from './harness/until.ts';
import type { Volume, VolumeOptions } from './harness/volume.ts';

interface DriverCase {
  readonly version: DriverVersion;
  /** Where this driver looks for the tokens of kubelet. */
  readonly tokensIn: VolumeOptions['tokensIn'];
  /** The authority that it sends for a socket. */
  readonly authority: (socket: string) => string;
  /** Resolves when one more call has been made for a mounted volume. */
  readonly nextCall: (volume: Volume, tap: DriverTap) => Promise<void>;
  /** How a rotation differs on the wire from a first mount. */
  readonly rotation: (versions: Readonly<Record<string, string>>) => Omit<TappedMount, 'authority' | 'attributes'>;
  readonly absentInRotation: readonly string[];
}

const cases: readonly DriverCase[] = [
  {
    version: '1.5.6',
    tokensIn: 'context',
    authority: (socket) => socket,
    // Its own controller polls; a republish of a mounted volume does nothing.
    nextCall: async (volume, tap) => {
      const before = tap.mounts(volume.pod.uid).length;
      await until(() => tap.mounts(volume.pod.uid).length > before, { what: 'the rotation controller to call' });
    },
    rotation: (versions) => ({ hasDeadline: false, secrets: '{}', currentVersions: versions }),
    absentInRotation: ['csi.storage.k8s.io/ephemeral', 'secretProviderClass'],
  },
  {
    version: '1.6.0',
    tokensIn: 'secrets',
    authority: () => 'localhost',
    // kubelet's republish.
    nextCall: (volume) => volume.publish(),
    rotation: () => ({
      hasDeadline: true,
      secrets: expect.stringContaining('serviceAccount.tokens'),
      currentVersions: {},
    }),
    absentInRotation: [],
  },
];

for (const { version, tokensIn, authority, nextCall, rotation, absentInRotation } of cases) {
  const slug = `driver-${version.replaceAll('.', '-')}`;
  e2e(
    `Driver ${version} is served`,
    slug,
    (stand) => {
      let provider: Provider;
      let tap: DriverTap;
      beforeAll(async () => {
        provider = await stand().startProvider();
        tap = await DriverTap.start(
          join(stand().firstProviderDir, 'vault.sock'),
          join(stand().providerDir, 'vault.sock'),
        );
      });
      afterAll(() => tap.close());

      /** Calls until what they bring is there. */
      const rotateUntil = (volume: Volume, done: () => boolean | Promise<boolean>): Promise<void> =>
        until(async () => (await nextCall(volume, tap), await done()), {
          what: 'a rotation to bring what was expected',
        });

      const mount = async (name: string, refreshInterval = '30s'): Promise<Volume> => {
        const objects = [
          { objectName: 'password', secretPath: `secret/data/${name}`, secretKey: 'value' },
          { objectName: 'again', secretPath: `secret/data/${name}`, secretKey: 'value', filePermission: 0o400 },
        ];
        await stand().putClass(name, objects, { refreshInterval });
        const volume = await stand().createVolume(name, { tokensIn });
        await volume.publish();
        return volume;
      };

      it('when it mounts files with their modes and versions', async () => {
        const password = await stand().putSecret('mounted');

        const volume = await mount('mounted');

        expect(volume.files()).toEqual(['again', 'password']);
        expect([volume.read('password'), volume.read('again')]).toEqual([password, password]);
        expect([volume.mode('password'), volume.mode('again')]).toEqual([0o644, 0o400]);
        expect(await volume.versions()).toEqual({
          again: expect.stringMatching(/.{20}/),
          password: expect.any(String),
        });
        expect(tap.mounts(volume.pod.uid)[0]).toMatchObject({
          authority: authority(tap.path),
          hasDeadline: true,
          currentVersions: {},
          attributes: { secretProviderClass: 'mounted', 'csi.storage.k8s.io/ephemeral': 'true' },
        });
      });

      it('when it rotates what has changed', async () => {
        const before = await stand().putSecret('rotated');
        const volume = await mount('rotated', '500ms');
        const versions = await volume.versions();
        expect(volume.read('password')).toBe(before);
        const mountCall = tap.mounts(volume.pod.uid)[0];

        const after = await stand().putSecret('rotated');
        await rotateUntil(volume, () => volume.read('password') === after && volume.read('again') === after);

        const [, ...rotations] = tap.mounts(volume.pod.uid);
        expect(rotations[0]).toMatchObject(rotation(versions));
        expect(Object.keys(mountCall?.attributes ?? {}).toSorted()).toEqual(
          [...Object.keys(rotations[0]?.attributes ?? {}), ...absentInRotation].toSorted(),
        );
        // The driver writes the status after the files.
        await until(async () => (await volume.versions())['again'] !== versions['again'], { what: 'the new versions' });
        expect(Object.keys(await volume.versions())).toEqual(['again', 'password']);
      });

      it('when nothing has changed: files and versions stay, and the store hears nothing', async () => {
        const password = await stand().putSecret('unchanged');
        const volume = await mount('unchanged', '1h');
        const versions = await volume.versions();
        stand().proxy.forget();

        for (let time = 0; time < 4; time++) await nextCall(volume, tap);

        expect(stand().proxy.reads('secret/data/unchanged')).toEqual([]);
        expect(volume.read('password')).toBe(password);
        expect(await volume.versions()).toEqual(versions);
        expect(tap.mounts(volume.pod.uid).at(-1)).toMatchObject(rotation(versions));
      });

      it('when it is refused, with object and path by name', async () => {
        await stand().putClass('absent', [
          { objectName: 'one', secretPath: 'secret/data/never-written', secretKey: 'value' },
        ]);
        const volume = await stand().createVolume('absent', { tokensIn });

        const refusal = await volume.publishRefused();

        expect(refusal.providerStatus).toBe('NotFound');
        expect(refusal.message).toContain('secret/data/never-written');
      });

      it('when another daemon takes over from the one that it is connected to', async () => {
        await stand().putSecret('taken-over');
        const volume = await mount('taken-over', '500ms');

        const next = await stand().startProvider();
        await stand().stopProvider(provider);
        provider = next;
        const after = await stand().putSecret('taken-over');
        await rotateUntil(volume, () => volume.read('password') === after);

        expect(await provider.metric('lockstep_mounts_total', 'outcome="ok"')).toBeGreaterThan(0);
      });

      it('when the pod goes', async () => {
        await stand().putSecret('gone');
        const volume = await mount('gone');
        const { namespace, name } = volume.pod;

        await stand().kube.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
        await volume.unpublish();

        expect(() => volume.files()).toThrow('ENOENT');
      });
    },
    version,
  );
}
