import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { AwsStand, roleArn } from './harness/aws-stand.ts';
import { nodeRegion } from './harness/control-plane.ts';
import { e2e } from './harness/e2e.ts';
import { startTraffic } from './harness/pods.ts';
import { sources } from './harness/daemon.ts';
import type { Provider } from './harness/provider.ts';
import { hops, type ReleaseName, upgradeE2e } from './harness/upgrade-e2e.ts';
import { republishUntil, type Volume } from './harness/volume.ts';

/** Nothing is kept, so that every republish asks the stores. */
const uncached = { refreshInterval: '0s' };

upgradeE2e((older) => {
  e2e('a provider', 'upgrade-provider', (stand) => {
    let aws: AwsStand;
    let provider: Provider;
    let ofVault: Volume;
    let ofAws: Volume;
    let mixed: Volume;
    let volumes: readonly Volume[];
    beforeAll(async () => {
      aws = await AwsStand.start(stand());
      provider = await start('the older');
      [ofVault, ofAws, mixed] = await createVolumes();
      volumes = [ofVault, ofAws, mixed];
      for (const volume of volumes) await volume.publish();
    });
    afterAll(async () => aws?.close());

    async function start(release: ReleaseName): Promise<Provider> {
      stand().command = release === 'the older' ? older().command : sources;
      return await stand().startProvider('--providers=vault,aws,lockstep');
    }

    /** Of each kind of class a pod that mounts it. */
    async function createVolumes(): Promise<readonly [Volume, Volume, Volume]> {
      const inVault = { secretPath: 'secret/data/upgraded', secretKey: 'value' };
      await stand().putSecret('upgraded');
      await aws.putSecret('upgraded/db');
      await aws.putParameter('/upgraded/level');
      const objects = [
        { objectName: 'a', ...inVault },
        { objectName: 'deep/b', filePermission: 0o400, ...inVault },
      ];
      await stand().putClass('of-vault', objects, uncached);
      const inAws = [
        { objectName: 'upgraded/db', objectType: 'secretsmanager', objectAlias: 'db' },
        { objectName: '/upgraded/level', objectType: 'ssmparameter', objectAlias: 'level' },
      ];
      await aws.putClass('of-aws', inAws, uncached);
      await stand().putProviderClass('mixed', 'lockstep', {
        roleName: 'app',
        vaultAddress: stand().proxy.address,
        region: nodeRegion,
        roleArn,
        ...uncached,
        objects: stringify([
          { provider: 'vault', objectName: 'password', ...inVault },
          ...inAws.map((object) => ({ provider: 'aws', ...object })),
        ]),
      });
      return [
        await stand().createVolume('of-vault'),
        await aws.createVolume('of-aws'),
        await aws.createVolume('mixed'),
      ];
    }

    const look = async () =>
      await Promise.all(
        volumes.map(async (volume) => ({ versions: await volume.versions(), writing: volume.writing() })),
      );

    it.for(hops)(
      'from $from to $to on the same sockets: no mount fails, no file is written anew, no version changes',
      async ({ to }) => {
        const before = await look();
        const traffic = startTraffic(stand(), 'of-vault');
        await traffic.mounted(3);
        const next = await start(to);
        await traffic.mounted(5);
        expect(await stand().stopProvider(provider)).toBe(0);
        provider = next;
        await traffic.mounted(5);
        expect(await traffic.stop()).toEqual([]);

        const mounts = async () => (await next.metric('lockstep_mounts_total', 'outcome="ok"')) ?? 0;
        const answered = await mounts();
        for (const volume of [...volumes, ...volumes]) await volume.publish();

        expect(await mounts()).toBe(answered + 2 * volumes.length);
        expect(await look()).toEqual(before);

        const value = await stand().putSecret('upgraded');
        for (const [volume, file] of [
          [ofVault, 'deep/b'],
          [mixed, 'password'],
        ] as const) {
          await republishUntil(volume, () => volume.read(file) === value);
        }
        const now = await look();
        expect(now.map(({ writing }, index) => writing !== before[index]?.writing)).toEqual([true, false, true]);
        expect(now[0]?.versions).not.toEqual(before[0]?.versions);
      },
    );
  });
});
