import { beforeAll, describe, expect, it } from 'vitest';

import { buildStatus, sameStatus } from '../../src/controller/status/build-status.ts';
import { parseSync } from '../../src/controller/parse-sync.ts';
import { SecretError } from '../../src/core/errors.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { classOf } from '../fakes/sync-objects.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { applyCrds } from './harness/apply-manifests.ts';
import { kubectl } from './harness/kubectl.ts';

const required = { secretProviderClassName: 'db', serviceAccountName: 'app' };
const tooMany = Array.from({ length: 65 }, (_, index) => ({ secretName: `s-${index}` }));

apiE2e('The CRD of SecretProviderClassSync', 'crd', (stand) => {
  const collection = (): string =>
    `/apis/lockstep.dev/v1alpha1/namespaces/${stand().namespace}/secretproviderclasssyncs`;
  const manifest = (name: string, spec: unknown): object => ({
    apiVersion: 'lockstep.dev/v1alpha1',
    kind: 'SecretProviderClassSync',
    metadata: { name },
    spec,
  });
  const create = async (name: string, spec: unknown): Promise<KubeObject> =>
    await stand().kube.call('POST', collection(), manifest(name, spec));
  const writeStatus = async (name: string, status: object): Promise<KubeObject> =>
    await stand().kube.call('PATCH', `${collection()}/${name}/status`, { status });
  const kubectlHere = async (...args: readonly string[]): Promise<string> => {
    const { code, output } = await kubectl(stand().cluster.kubeconfig, ...args, `--namespace=${stand().namespace}`);
    expect(output).not.toContain('error:');
    expect(code).toBe(0);
    return output;
  };

  beforeAll(async () => await applyCrds(stand().kube));

  it.for([
    ['what is required alone', required],
    [
      'everything',
      {
        ...required,
        interval: '1h30m',
        secretObjects: [
          { secretName: 'plain' },
          {
            secretName: 'tls',
            type: 'kubernetes.io/tls',
            labels: { a: 'b' },
            annotations: { c: 'd' },
            immutable: true,
            data: [
              { objectName: 'certs/tls.crt', key: 'tls.crt' },
              { objectName: 'certs/tls.crt', key: 'ca.crt' },
            ],
          },
        ],
        mode: 'Shadow',
        adoptionPolicy: 'IfIdentical',
        deletionPolicy: 'Delete',
        suspend: true,
        credentialsSecretRef: { name: 'approle' },
        rollout: {
          mode: 'Pin',
          approval: 'Manual',
          maxConcurrent: '25%',
          maxFailures: 0,
          canary: { count: 2, soak: '5m' },
          deadline: '1h',
          windows: [{ schedule: '0 2 * * 1-5', duration: '2h', timeZone: 'Europe/Paris' }],
          retention: 'InUse',
        },
      },
    ],
    [
      'adoptionPolicy Always with deletionPolicy Delete',
      { ...required, adoptionPolicy: 'Always', deletionPolicy: 'Delete' },
    ],
    ['an interval of 0s', { ...required, interval: '0s' }],
    ['an interval of 0', { ...required, interval: '0' }],
    ['the longest interval that fits', { ...required, interval: '999999h999999h1h' }],
    ['a number for maxConcurrent', { ...required, rollout: { maxConcurrent: 3 } }],
    ['no rollout in so many words', { ...required, rollout: { mode: 'Off' } }],
  ] as const)('takes %s, and adds nothing to it', async ([name, spec]) => {
    const created = await create(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), spec);
    expect(created['spec']).toEqual(spec);
    expect(parseSync(created).problems).toEqual([]);
  });

  describe('refuses', () => {
    it.for([
      ['no class', { serviceAccountName: 'app' }, 'spec.secretProviderClassName: Required value'],
      ['no account', { secretProviderClassName: 'db' }, 'spec.serviceAccountName: Required value'],
      [
        'a name that is none',
        { secretProviderClassName: 'My_Class' },
        'must be the name of an object: lower case letters',
      ],
      ['an account that is none', { serviceAccountName: '-app' }, 'must be the name of an object: lower case letters'],
      [
        'a word for an interval',
        { interval: 'often' },
        'spec.interval: Invalid value: "often": must be a duration such as 30s',
      ],
      ['an interval without unit', { interval: '300' }, 'must be a duration such as 30s, 5m or 1h30m'],
      ['an interval below a second', { interval: '999ms' }, 'must be 0s (never by itself) or at least 1s'],
      ['a negative interval', { interval: '-1m' }, 'must be a duration such as 30s'],
      ['a mode in lower case', { mode: 'shadow' }, 'supported values: "Sync", "Shadow"'],
      ['another adoptionPolicy', { adoptionPolicy: 'Yes' }, 'supported values: "Never", "IfIdentical", "Always"'],
      ['another deletionPolicy', { deletionPolicy: 'Orphan' }, 'supported values: "Retain", "Delete"'],
      [
        'Shadow that would overwrite',
        { mode: 'Shadow', adoptionPolicy: 'Always' },
        'spec.adoptionPolicy: Invalid value: mode Shadow writes nothing and adoptionPolicy Always overwrites',
      ],
      [
        'two entries for one Secret',
        { secretObjects: [{ secretName: 'a' }, { secretName: 'a' }] },
        'spec.secretObjects[1]: Duplicate value: {"secretName":"a"}',
      ],
      [
        'two entries for one key',
        { secretObjects: [{ secretName: 'a', data: [1, 2].map(() => ({ objectName: 'o', key: 'k' })) }] },
        'spec.secretObjects[0].data[1]: Duplicate value: {"key":"k"}',
      ],
      ['no secretObjects but a list', { secretObjects: [] }, 'should have at least 1 items'],
      ['too many secretObjects', { secretObjects: tooMany }, 'must have at most 64 items'],
      [
        'a Secret without a name',
        { secretObjects: [{ type: 'Opaque' }] },
        'spec.secretObjects[0].secretName: Required value',
      ],
      ['a Secret that none is called', { secretObjects: [{ secretName: 'A' }] }, 'must be the name of an object'],
      [
        'tokens of the cluster',
        { secretObjects: [{ secretName: 'a', type: 'kubernetes.io/service-account-token' }] },
        'is not synced: such a Secret would be a credential of the cluster itself',
      ],
      [
        'tokens that let nodes join',
        { secretObjects: [{ secretName: 'a', type: 'bootstrap.kubernetes.io/token' }] },
        'is not synced: such a Secret would be a credential of the cluster itself',
      ],
      [
        'a key that Secrets do not have',
        { secretObjects: [{ secretName: 'a', data: [{ objectName: 'o', key: 'a/b' }] }] },
        'should match',
      ],
      ['credentials without a name', { credentialsSecretRef: {} }, 'spec.credentialsSecretRef.name: Required value'],
      ['another rollout mode', { rollout: { mode: 'Rewrite' } }, 'supported values: "Off", "Notify", "Restart", "Pin"'],
      ['no workload at a time', { rollout: { maxConcurrent: 0 } }, 'must be a number of at least 1, or a percentage'],
      [
        'more than all workloads',
        { rollout: { maxConcurrent: '101%' } },
        'must be a number of at least 1, or a percentage',
      ],
      ['negative failures', { rollout: { maxFailures: -1 } }, 'should be greater than or equal to 0'],
      ['a word for a deadline', { rollout: { deadline: 'soon' } }, 'must be a duration such as 30s'],
      [
        'a window of four fields',
        { rollout: { windows: [{ schedule: '0 2 * *', duration: '1h' }] } },
        'must have five fields',
      ],
      ['a window without an end', { rollout: { windows: [{ schedule: '0 2 * * *' }] } }, 'duration: Required value'],
      ['retention of nothing', { rollout: { mode: 'Restart', retention: 'InUse' } }, 'goes with rollout.mode Pin only'],
    ] as const)('%s', async ([what, spec, message]) => {
      const whole = what === 'no class' || what === 'no account' ? spec : { ...required, ...spec };
      await expect(create('refused', whole)).rejects.toThrow(escaped(message));
    });
  });

  it('refuses fields that it does not know where a client asks for that, as kubectl does', async () => {
    const path = `${collection()}?fieldValidation=Strict`;
    const typo = manifest('typo', { ...required, intervall: '5m' });
    await expect(stand().kube.call('POST', path, typo)).rejects.toThrow('unknown field \\"spec.intervall\\"');
  });

  it('shows its columns in kubectl, empty ones too', async () => {
    await create('fresh', required);
    await create('columns', required);
    const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const condition = { message: '', lastTransitionTime: at(0) };
    await writeStatus('columns', {
      secretCount: 2,
      lastChangeTime: at(7),
      conditions: [
        { ...condition, type: 'Ready', status: 'True', reason: 'Synced' },
        { ...condition, type: 'RolloutComplete', status: 'False', reason: 'Progressing' },
      ],
    });
    const [header = '', full = '', empty = ''] = (await kubectlHere('get', 'spcsync', 'columns', 'fresh')).split('\n');
    expect(header.split(/ +/)).toEqual(['NAME', 'READY', 'REASON', 'SECRETS', 'ROLLOUT', 'LAST-CHANGE', 'AGE']);
    expect(full).toMatch(/^columns +True +Synced +2 +Progressing +7m +\d+s$/);
    expect(empty).toMatch(/^fresh +\d+s$/);
  });

  it('explains its fields in kubectl', async () => {
    expect(await kubectlHere('explain', 'spcsync.spec.adoptionPolicy')).toContain('Left out: Never.');
  });

  it('keeps the status that the controller builds exactly, and kubectl waits for it', async () => {
    const first = await create('status', required);
    const attempt = {
      class: classOf(),
      objects: [{ name: 'a', version: '1' }],
      secrets: [
        { name: 'db', state: 'Synced', uid: 'u', adopted: true },
        { name: 'other', state: 'Different', differingKeys: ['a', 'b'] },
        { name: 'third', state: 'Conflict', reason: 'SecretConflict', message: 'of somebody else' },
      ],
      changes: ['created'],
      contested: [],
      failures: [],
    } as const;
    const failures = [new SecretError('VAULT_DENIED', 'Vault says no')];
    const nowMs = Date.now();
    const failed = buildStatus({ sync: parseSync(first), attempt: { ...attempt, failures }, nowMs });
    const written = parseSync(await writeStatus('status', failed));
    expect(written.status).toEqual(failed);
    expect(written.generation).toBe(1);

    const status = buildStatus({ sync: written, attempt, nowMs });
    await writeStatus('status', status);
    const found = await stand().kube.call<KubeObject>('GET', `${collection()}/status`);
    expect(sameStatus(parseSync(found).status, status)).toBe(true);
    expect(await kubectlHere('wait', '--for=condition=Ready', 'spcsync/status', '--timeout=5s')).toContain(
      'condition met',
    );
  });

  it('begins with a status of no generation, so that nobody takes it for done', async () => {
    expect((await create('begun', required))['status']).toEqual({ observedGeneration: -1 });
  });

  it('changes no status with the object itself', async () => {
    const { status } = await create('apart', required);
    await stand().kube.call('PATCH', `${collection()}/apart`, { status: { secretCount: 7 } });
    expect((await stand().kube.call<KubeObject>('GET', `${collection()}/apart`))['status']).toEqual(status);
  });
});

/** As it stands in the answer, which is JSON. */
function escaped(message: string): string {
  return message.replaceAll('"', '\\"');
}
