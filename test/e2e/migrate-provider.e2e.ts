import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { mainFile } from './harness/controller.ts';
import { e2e } from './harness/e2e.ts';
import { ForeignProvider, type ForeignObject } from './harness/foreign-provider.ts';
import type { Provider } from './harness/provider.ts';
import { classGroup } from './harness/tenant.ts';
import { republishUntil, type Volume } from './harness/volume.ts';

/** The real driver with two providers on one node: first another one's, then both, then ours, and back. */
e2e('Leaving the Vault provider', 'migrate-provider', (stand) => {
  const names = ['canary', 'other'];
  const volumes = new Map<string, Volume>();
  const versions = new Map<string, Readonly<Record<string, string>>>();
  let values: Readonly<Record<string, Readonly<Record<string, ForeignObject>>>>;
  let foreign: ForeignProvider;
  let beside: Provider;
  let instead: Provider;

  beforeAll(async () => {
    const entries = await Promise.all(
      names.map(async (name) => {
        const secretPath = `secret/data/${name}`;
        const value = await stand().putSecret(name);
        await stand().putClass(name, [{ objectName: 'a', secretPath, secretKey: 'value' }]);
        return [name, { a: { secretPath, secretKey: 'value', value } }] as const;
      }),
    );
    values = Object.fromEntries(entries);
    foreign = await startForeign();
    for (const name of names) {
      const volume = await stand().createVolume(name);
      await volume.publish();
      volumes.set(name, volume);
      versions.set(name, await volume.versions());
    }
    expect(foreign.mounted).toEqual(names);
  });
  afterAll(() => foreign.stop());

  function startForeign(): Promise<ForeignProvider> {
    return ForeignProvider.start({ directory: stand().providerDir, key: stand().versionKey, values });
  }

  function volumeOf(name: string): Volume {
    const volume = volumes.get(name);
    if (volume === undefined) throw new Error(`no volume of ${name}`);
    return volume;
  }

  /** Republishes until somebody else answers for the class than at first, and proves that the pod saw nothing of it. */
  async function expectSame(name: string): Promise<void> {
    const volume = volumeOf(name);
    await volume.publish();
    expect(volume.read('a')).toBe(values[name]?.['a']?.value);
    expect(await volume.versions()).toEqual(versions.get(name));
  }

  async function setProvider(name: string, provider: string): Promise<void> {
    const path = `${classGroup}/namespaces/${stand().namespace}/secretproviderclasses/${name}`;
    await stand().kube.call('PATCH', path, { spec: { provider } });
  }

  const mountsOf = (provider: Provider): Promise<number> => provider.metric('lockstep_mounts_total', 'outcome="ok"');

  it('1. lockstep starts beside it under names of its own', async () => {
    beside = await stand().startProvider('--providers', 'lockstep-vault');

    await expectSame('canary');
    expect(foreign.mounted.at(-1)).toBe('canary');
  });

  it('2. one word in one class moves its running pods: the same files, the same versions', async () => {
    await setProvider('canary', 'lockstep-vault');

    await expect
      .poll(async () => (await volumeOf('canary').publish(), await mountsOf(beside)), { timeout: 15_000 })
      .toBeGreaterThan(0);
    await expectSame('canary');
    await expectSame('other');
    expect(foreign.mounted.at(-1)).toBe('other');
  });

  it('3. and the word back moves them back', async () => {
    await setProvider('canary', 'vault');

    const before = foreign.mounted.length;
    await republishUntil(volumeOf('canary'), () => foreign.mounted.slice(before).includes('canary'));
    await expectSame('canary');
    await setProvider('canary', 'lockstep-vault');
  });

  it('4. without --takeover the start on its socket is refused, by name', async () => {
    const args = [
      'provider',
      '--provider-dir',
      stand().providerDir,
      '--providers',
      'vault',
      '--metrics-address',
      'off',
    ];
    const failure: unknown = await promisify(execFile)(process.execPath, [mainFile, ...args]).catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(/vault-csi-provider.*--takeover/) });
    expect(failure).toMatchObject({ stderr: expect.stringContaining(join(stand().providerDir, 'vault.sock')) });
    await expectSame('other');
  });

  it('5. with --takeover the node is moved: running pods and new ones, the same files, the same versions', async () => {
    instead = await stand().startProvider('--providers', 'vault,lockstep-vault', '--takeover');
    foreign.stop();

    await expectSame('other');
    await expectSame('canary');
    const started = await stand().createVolume('other');
    await started.publish();
    expect(await started.versions()).toEqual(versions.get('other'));
    expect(await mountsOf(instead)).toBeGreaterThan(1);
    await stand().stopProvider(beside);
    await expectSame('canary');
  });

  it('6. the way back: lockstep stops, the other one starts, and nothing changes for the pods', async () => {
    await setProvider('canary', 'vault');
    expect(await stand().stopProvider(instead)).toBe(0);
    foreign = await startForeign();

    for (const name of names) {
      await expectSame(name);
      await republishUntil(volumeOf(name), () => foreign.mounted.includes(name));
      await expectSame(name);
    }
  });
});
