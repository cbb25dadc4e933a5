import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { e2e } from './harness/e2e.ts';
import { freePort } from './harness/processes.ts';
import type { Behaviour } from './harness/store-proxy.ts';
import { until } from './harness/until.ts';
import { RaftVault } from './harness/vault.ts';
import { republishUntil } from './harness/volume.ts';

/** Longer than three tries with their pauses, so that a refusal can say what they met. */
const deadlineMs = 8_000;

/** Nothing is kept, so that every mount asks Vault. */
const uncached = { refreshInterval: '0s' };

e2e('A pod mounts while Vault is out', 'outage', (stand) => {
  beforeAll(async () => {
    await stand().startProvider('--mount-deadline', `${deadlineMs}ms`);
    await stand().putSecret('any');
  });

  describe('at its first mount', () => {
    it.for<{ behaviour: Behaviour; says: string }>([
      { behaviour: 'hang', says: 'answer in time' },
      { behaviour: 'cut', says: 'no connection' },
      { behaviour: 'unavailable', says: 'Vault is sealed' },
    ])('is refused in time where Vault does this: $behaviour; and mounts when it is back', async (outage) => {
      const { proxy } = stand();
      const { behaviour, says } = outage;
      await stand().putClass(
        behaviour,
        [{ objectName: 'a', secretPath: 'secret/data/any', secretKey: 'value' }],
        uncached,
      );
      const volume = await stand().createVolume(behaviour);
      proxy.behaviour = behaviour;
      const start = Date.now();

      const refusal = await volume.publishRefused();

      expect(Date.now() - start).toBeLessThan(deadlineMs + 1_000);
      expect(refusal.providerStatus).toBe('Unknown');
      expect(refusal.message).toContain(says);
      proxy.behave();
      await volume.publish();
      expect(volume.files()).toEqual(['a']);
    });

    it('is refused with the address where nobody listens', async () => {
      const vaultAddress = `http://127.0.0.1:${await freePort()}`;
      await stand().putClass('nobody', [{ objectName: 'a', secretPath: 'secret/data/any' }], { vaultAddress });
      const start = Date.now();
      const refusal = await (await stand().createVolume('nobody')).publishRefused();
      expect(Date.now() - start).toBeLessThan(deadlineMs + 1_000);
      expect(refusal.providerStatus).toBe('Unknown');
      expect(refusal.message).toContain(vaultAddress);
      expect(refusal.message).toContain('ECONNREFUSED');
    });

    it('takes another pod’s value only where the class says staleOnFirstMount', async () => {
      const { proxy } = stand();
      const value = await stand().putSecret('stale');
      const objects = [{ objectName: 'a', secretPath: 'secret/data/stale', secretKey: 'value' }];
      await stand().putClass('strict', objects, { refreshInterval: '10ms' });
      await stand().putClass('stale', objects, { refreshInterval: '10ms', staleOnFirstMount: 'true' });
      await (await stand().createVolume('stale')).publish();
      const fetchedAt = Date.now();
      await until(() => Date.now() - fetchedAt > 2_100, { what: 'the fetch to be older than 2 s' });
      const tolerant = await stand().createVolume('stale');
      const strict = await stand().createVolume('strict');
      proxy.behaviour = 'cut';

      await tolerant.publish();
      const refusal = await strict.publishRefused();

      proxy.behave();
      expect(tolerant.read('a')).toBe(value);
      expect(refusal.providerStatus).toBe('Unknown');
    });
  });

  it('keeps its old files while Vault restarts in the middle of a rotation, and then gets the new ones', async () => {
    const { run, dir, evidence } = stand();
    const vault = await RaftVault.start({ runDir: run.runDir, dir: join(dir, 'vault') }, run.cluster);
    evidence.mark('the administrator of the second Vault', vault.api.token);
    await vault.api.putRole('app');
    const old = await stand().putSecret('restart', vault.api);
    await stand().putClass('restart', [{ objectName: 'a', secretPath: 'secret/data/restart', secretKey: 'value' }], {
      vaultAddress: vault.address,
      refreshInterval: '100ms',
    });
    const volume = await stand().createVolume('restart');
    await volume.publish();
    const versions = await volume.versions();

    const current = await stand().putSecret('restart', vault.api);
    await vault.stop();
    for (let time = 0; time < 3; time++) await volume.publish();
    expect(volume.read('a')).toBe(old);
    expect(await volume.versions()).toEqual(versions);

    await vault.restart();
    await republishUntil(volume, () => volume.read('a') === current);
    expect(await volume.versions()).not.toEqual(versions);
    await vault.stop();
  });
});
