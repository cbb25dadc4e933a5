import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiE2e } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { PinnedWorkload } from './harness/pinned-workload.ts';

const version = '0123456789ab';
const target = `db-${version}`;
const image = 'registry.example/app';
const app = { name: 'app', image };

/** A pod whose only mention of the Secret is in the volume. */
const volume = (name: string, source: object): object => ({ containers: [app], volumes: [{ name, ...source }] });
const env = (secret: string) => [{ name: 'A', valueFrom: { secretKeyRef: { name: secret, key: 'a' } } }];
const envFrom = (secret: string) => [{ secretRef: { name: secret } }];

/** Wherever a pod that is created can name a Secret. */
const references: readonly (readonly [where: string, spec: (secret: string) => object])[] = [
  ['env', (name) => ({ containers: [{ ...app, env: env(name) }] })],
  ['envFrom', (name) => ({ containers: [{ ...app, envFrom: envFrom(name) }] })],
  [
    'env of an init container',
    (name) => ({ containers: [app], initContainers: [{ ...app, name: 'i', env: env(name) }] }),
  ],
  [
    'envFrom of a sidecar',
    (name) => ({
      containers: [app],
      initContainers: [{ ...app, name: 'i', restartPolicy: 'Always', envFrom: envFrom(name) }],
    }),
  ],
  ['imagePullSecrets', (name) => ({ containers: [app], imagePullSecrets: [{ name: 'other' }, { name }] })],
  ['a secret volume', (secretName) => volume('v', { secret: { secretName, optional: true } })],
  [
    'a projected volume',
    (name) => volume('v', { projected: { sources: [{ configMap: { name: 'c' } }, { secret: { name } }] } }),
  ],
  [
    'nodePublishSecretRef',
    (name) =>
      volume('v', {
        csi: {
          driver: 'secrets-store.csi.k8s.io',
          nodePublishSecretRef: { name },
          volumeAttributes: { secretProviderClass: 'c' },
        },
      }),
  ],
  ['azureFile', (secretName) => volume('v', { azureFile: { secretName, shareName: 's' } })],
  ['cephfs', (name) => volume('v', { cephfs: { monitors: ['m'], secretRef: { name } } })],
  ['cinder', (name) => volume('v', { cinder: { volumeID: 'v', secretRef: { name } } })],
  ['flexVolume', (name) => volume('v', { flexVolume: { driver: 'example.com/x', secretRef: { name } } })],
  [
    'iscsi',
    (name) =>
      volume('v', {
        iscsi: { targetPortal: '192.0.2.1', iqn: 'iqn.2001-04.com.example:x', lun: 0, secretRef: { name } },
      }),
  ],
  ['rbd', (name) => volume('v', { rbd: { monitors: ['m'], image: 'i', secretRef: { name } } })],
  ['scaleIO', (name) => volume('v', { scaleIO: { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name } } })],
  ['storageos', (name) => volume('v', { storageos: { volumeName: 'v', secretRef: { name } } })],
  [
    'several places between others',
    (name) => ({
      containers: [
        { ...app, env: [{ name: 'B', value: 'b' }, ...env(name)], envFrom: [{ configMapRef: { name: 'c' } }] },
        { ...app, name: 'second', env: [...env('other'), { ...env(name)[0], name: 'C' }], envFrom: envFrom(name) },
      ],
      volumes: [
        { name: 'e', emptyDir: {} },
        { name: 's', secret: { secretName: name } },
      ],
    }),
  ],
];

/** A pod that names `db` as a Secret in three places. */
const user = {
  containers: [{ ...app, env: env('db'), envFrom: envFrom('db') }],
  volumes: [{ name: 'v', secret: { secretName: 'db' } }],
};

const malformed: readonly string[] = [
  '',
  ',',
  '=',
  ',,=,=,',
  'db',
  'db=',
  `=${target}`,
  `db==${target}`,
  `db=db=${target}`,
  'db=db',
  'db=db-',
  'db=db-0123456789a',
  'db=db-0123456789abc',
  'db=db-0123456789AB',
  'db=db-0123456789aw',
  `db=${version}`,
  `db=-${version}`,
  `db=tls-${version}`,
  `db=xdb-${version}`,
  `db=db-x-${version}`,
  `db=other/${target}`,
  `db = ${target}`,
  `db=${target} tls=tls-${version}`,
  `db=${target}\ntls=tls-${version}`,
  `db=${target};tls=tls-${version}`,
  `db: ${target}`,
  `{"db":"${target}"}`,
  `DB=DB-${version}`,
  `*=*-${version}`,
  '\u0000\u{1F511}=\u{1F511}-0123456789ab',
];

/** Nothing but malformed entries, or more than the policy looks at. */
const large: readonly (readonly [what: string, pins: string])[] = [
  ['8,000 commas', ','.repeat(8_000)],
  ['400 Secrets', toPins(Array.from({ length: 400 }, (_, index) => (index === 0 ? 'db' : `s${index}`)))],
  ['200,000 commas', ','.repeat(200_000)],
  ['200,000 letters', 'a'.repeat(200_000)],
  ['a name that does not end', `db=${'a'.repeat(200_000)}-${version}`],
  ['10,000 entries for one Secret', Array.from({ length: 10_000 }, () => `db=${target}`).join(',')],
  ['5,000 Secrets', toPins(Array.from({ length: 5_000 }, (_, index) => (index === 0 ? 'db' : `s${index}`)))],
];

apiE2e('The policy of mode Pin', 'pin-policy', (stand) => {
  const policy = (): PinPolicy => new PinPolicy(stand());

  // Another file may have applied all policies.
  beforeAll(async () => await policy().remove());

  it('is not needed for pods to start: they use the stable Secret without it', async () => {
    expect(await policy().admit(user, `db=${target}`)).toEqual(await policy().admit(user));
  });

  describe('in force', () => {
    beforeAll(async () => await policy().install());
    afterAll(async () => await policy().remove());

    it.for(references)('pins what is named by %s', async ([, spec]) => {
      expect(await policy().admit(spec('db'), `db=${target}`)).toEqual(await policy().admit(spec(target)));
    });

    it('pins several Secrets, also in a pod with hundreds of containers, variables and volumes', async () => {
      const all = Array.from({ length: 100 }, (_, index) => `s${index}`);
      const spec = (suffix: string): object => ({
        containers: all.map((name) => ({ ...app, name, env: all.flatMap((each) => env(each + suffix)).slice(0, 20) })),
        volumes: all.map((name) => ({ name, secret: { secretName: name + suffix } })),
      });
      expect(await policy().admit(spec(''), toPins(all))).toEqual(await policy().admit(spec(`-${version}`)));
    });

    it('takes names with dots and hyphens, and such as look like a version themselves', async () => {
      const names = ['a.b-c', `db-${version}`, 'x', '0'];
      const spec = (suffix: string): object => ({
        containers: [{ ...app, envFrom: names.flatMap((name) => envFrom(name + suffix)) }],
      });
      const pins = names.map((name) => `${name}=${name}-abcdefghijkl`).join(',');
      expect(await policy().admit(spec(''), pins)).toEqual(await policy().admit(spec('-abcdefghijkl')));
    });

    it('leaves a pod without the annotation alone', async () => {
      expect(await policy().admit(user)).toMatchObject(user);
    });

    it('leaves other Secrets alone, and what is no Secret', async () => {
      const spec = {
        containers: [{ ...app, name: 'db', env: [...env('db2'), { name: 'B', value: 'db' }], envFrom: envFrom('tls') }],
        volumes: [
          { name: 'db', configMap: { name: 'db' } },
          { name: 'p', projected: { sources: [{ configMap: { name: 'db' } }] } },
          { name: 'c', persistentVolumeClaim: { claimName: 'db' } },
        ],
      };
      expect(await policy().admit(spec, `db=${target}`)).toEqual(await policy().admit(spec));
    });

    it.for(malformed)('leaves a pod alone that is annotated %j', async (pins) => {
      expect(await policy().admit(user, pins)).toEqual(await policy().admit(user));
    });

    it.for(large)('admits a pod that is annotated with %s as it came', async ([, pins]) => {
      expect(await policy().admit(user, pins)).toEqual(await policy().admit(user));
    });

    it('takes the first entry of several for one name, and blanks around entries', async () => {
      const pins = `tls=tls-${version},\n db=${target} , db=db-abcdefghijkl,db=${target}\n`;
      const expected = JSON.parse(JSON.stringify(user).replaceAll('"db"', `"${target}"`)) as object;
      expect(await policy().admit(user, pins)).toEqual(await policy().admit(expected));
    });

    it('skips what is malformed and takes the rest', async () => {
      const two = { containers: [{ ...app, env: env('db'), envFrom: envFrom('tls') }] };
      const pins = `oops,,tls=tls,db=${target},x=,=y,tls=db-${version}`;
      const expected = { containers: [{ ...app, env: env(target), envFrom: envFrom('tls') }] };
      expect(await policy().admit(two, pins)).toEqual(await policy().admit(expected));
    });

    it.for(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const)(
      'pins the pods that the real controllers make for a %s',
      async (kind) => {
        const name = `made-by-${kind.toLowerCase()}`;
        const workload = await PinnedWorkload.create(stand(), kind, { name, pins: `db=${target}` });
        await expect(workload.podWith(target)).resolves.not.toBe('');
      },
    );

    it.for(['Deployment', 'StatefulSet', 'DaemonSet'] as const)(
      'brings the old version back in new pods with kubectl rollout undo of a %s',
      async (kind) => {
        const name = `undone-${kind.toLowerCase()}`;
        const workload = await PinnedWorkload.create(stand(), kind, { name, pins: 'db=db-000000000001' });
        const first = await workload.podWith('db-000000000001');
        await workload.pin('db=db-000000000002');
        const second = await workload.podWith('db-000000000002');
        const { namespace } = stand();
        await policy().kubectl('rollout', 'undo', `--namespace=${namespace}`, `${kind.toLowerCase()}/${name}`);
        const third = await workload.podWith('db-000000000001');
        expect(new Set([first, second, third]).size).toBe(3);
      },
    );

    it('admits pods as they came when an expression fails', async () => {
      await policy().break();
      expect(await policy().admit(user, `db=${target}`)).toEqual(await policy().admit(user));
    });
  });
});

function toPins(names: readonly string[]): string {
  return names.map((name) => `${name}=${name}-${version}`).join(',');
}
