import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { mainFile } from './harness/daemon.ts';
import { e2e } from './harness/e2e.ts';
import { ForeignProvider, type ForeignObject } from './harness/foreign-provider.ts';
import { Guide } from './harness/guide.ts';
import type { Provider } from './harness/provider.ts';
import { republishUntil, type Volume } from './harness/volume.ts';

/** The real driver with two providers on one node: first another one's, then both, then ours, and back. */
e2e('Leaving the Vault provider', 'orders', (stand) => {
  const names = ['canary', 'other'];
  const volumes = new Map<string, Volume>();
  const versions = new Map<string, Readonly<Record<string, string>>>();
  let values: Readonly<Record<string, Readonly<Record<string, ForeignObject>>>>;
  let guide: Guide;
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
    guide = new Guide('migration.md', {
      kubeconfig: stand().run.cluster.kubeconfig,
      dir: join(stand().dir, 'guide'),
      onOutput: (output) => stand().evidence.add('commands', output),
    });
    foreign = await startForeign();
    for (const name of names) {
      const volume = await stand().createVolume(name);
      await volume.publish();
      volumes.set(name, volume);
      versions.set(name, await volume.versions());
    }
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

  /** A republish brings what the first mount brought. */
  async function expectSame(name: string): Promise<void> {
    const volume = volumeOf(name);
    await volume.publish();
    expect(volume.read('a')).toBe(values[name]?.['a']?.value);
    expect(await volume.versions()).toEqual(versions.get(name));
  }

  const mountsOf = async (provider: Provider): Promise<number> =>
    (await provider.metric('lockstep_mounts_total', 'outcome="ok"')) ?? 0;

  it('1. lockstep starts beside it under names of its own', async () => {
    expect(foreign.mounted).toEqual(names);
    beside = await stand().startProvider('--providers', 'lockstep-vault');

    await expectSame('canary');
    expect(foreign.mounted.at(-1)).toBe('canary');
  });

  it('2. one word in one class moves its running pods: the same files, the same versions', async () => {
    expect(await guide.run('2. Class by class')).toMatchObject({ code: 0 });

    await expect
      .poll(async () => (await volumeOf('canary').publish(), await mountsOf(beside)), { timeout: 15_000 })
      .toBeGreaterThan(0);
    await expectSame('canary');
    await expectSame('other');
    expect(foreign.mounted.at(-1)).toBe('other');
  });

  it('3. and the word back moves them back', async () => {
    expect(await guide.run('2. Class by class', 2)).toMatchObject({ code: 0 });

    const before = foreign.mounted.length;
    await republishUntil(volumeOf('canary'), () => foreign.mounted.slice(before).includes('canary'));
    await expectSame('canary');
    await guide.run('2. Class by class');
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
    await guide.run('2. Class by class', 2);
    expect(await stand().stopProvider(instead)).toBe(0);
    foreign = await startForeign();

    for (const name of names) {
      await expectSame(name);
      await republishUntil(volumeOf(name), () => foreign.mounted.includes(name));
      await expectSame(name);
    }
  });
});
