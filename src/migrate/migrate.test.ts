import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  awsStoreObject,
  externalSecret,
  operatorObject,
  translate,
  vaultStoreObject,
} from '../../test/fakes/migration.ts';
import { lintManifest } from '../spc/lint.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('An ExternalSecret', () => {
  it('becomes a class that may be synced and a SecretProviderClassSync that only compares', () => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret()]);

    expect(findings).toEqual([]);
    expect(manifests).toEqual([
      {
        apiVersion: 'secrets-store.csi.x-k8s.io/v1',
        kind: 'SecretProviderClass',
        metadata: { name: 'db', namespace: 'shop', labels: { 'lockstep.dev/sync': 'true' } },
        spec: {
          provider: 'lockstep-vault',
          parameters: {
            vaultAddress: 'https://vault:8200',
            roleName: 'app',
            objects: '- objectName: a\n  secretPath: secret/data/db\n  secretKey: a\n',
          },
        },
      },
      {
        apiVersion: 'lockstep.dev/v1alpha1',
        kind: 'SecretProviderClassSync',
        metadata: { name: 'db', namespace: 'shop' },
        spec: {
          secretProviderClassName: 'db',
          serviceAccountName: 'app',
          mode: 'Shadow',
          deletionPolicy: 'Retain',
          interval: '1h',
          secretObjects: [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'a' }] }],
        },
      },
    ]);
  });

  it('takes over in the second step, with everything else as in the first', () => {
    const input = [vaultStoreObject(), externalSecret()];
    const [shadow] = translate(input).syncs;
    const [sync] = translate(input, { mode: 'Sync', adoption: 'Always' }).syncs;

    expect(sync).toEqual({ ...shadow, mode: 'Sync', adoptionPolicy: 'Always' });
  });

  it('of version v1beta1 is the same, and one of v1alpha1 is refused', () => {
    const now = [vaultStoreObject(), externalSecret()];
    const as = (version: string) =>
      JSON.parse(JSON.stringify(now).replaceAll('secrets.io/v1', `secrets.io/${version}`));

    expect(translate(as('v1beta1') as object[])).toEqual(translate(now));
    expect(translate(as('v1alpha1') as object[])).toMatchObject({
      manifests: [],
      findings: starts('error api-version-unknown', 'error api-version-unknown'),
    });
  });

  it('is found in the lists of kubectl, as well as its stores', () => {
    const items = [externalSecret(), vaultStoreObject()];
    const list = { apiVersion: 'v1', kind: 'List', items };

    expect(translate([list]).syncs).toEqual(translate(items).syncs);
  });

  it('without a namespace stays without, and finds stores without', () => {
    const none = { namespace: undefined };
    const { manifests, findings } = translate(
      [
        operatorObject('SecretStore', 'aws', { provider: { aws: { service: 'SecretsManager', region: 'r' } } }, none),
        externalSecret({ secretStoreRef: { name: 'aws' } }, none),
      ],
      { serviceAccount: 'app' },
    );

    expect(findings).toEqual(starts('warning service-account'));
    expect(manifests.map(({ metadata }) => metadata.namespace)).toEqual([undefined, undefined]);
  });

  it('does not find a store of another namespace or kind', () => {
    const store = { ...operatorObject('SecretStore', 'vault', {}), metadata: { name: 'vault', namespace: 'other' } };
    const { manifests, findings } = translate([store, vaultStoreObject({}, 'another'), externalSecret()]);

    expect(manifests).toEqual([]);
    expect(findings).toContainEqual(
      expect.stringMatching(/^error store-missing spec\.secretStoreRef: means the SecretStore "vault"/),
    );
  });

  it.for([
    [{}, '1h'],
    [{ refreshInterval: '1h0m0s' }, '1h'],
    [{ refreshInterval: '90s' }, '1m30s'],
    [{ refreshInterval: '0' }, '0s'],
    [{ refreshInterval: '0s' }, '0s'],
    [{ refreshInterval: '5m', refreshPolicy: 'Periodic' }, '5m'],
    [{ refreshInterval: '5m', refreshPolicy: 'OnChange' }, '0s'],
  ] as const)('with %j is refreshed every %s', ([spec, interval]) => {
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect({ interval: syncs[0]?.interval, findings }).toEqual({ interval, findings: [] });
  });

  it.for([
    [{ refreshInterval: 'soon' }, '1h', 'error refresh spec.refreshInterval'],
    [{ refreshInterval: '10ms' }, '1s', 'warning refresh spec.refreshInterval'],
    [{ refreshPolicy: 'CreatedOnce' }, '0s', 'warning refresh spec.refreshPolicy'],
    [{ syncWindows: { kind: 'allow' } }, '1h', 'warning refresh spec.syncWindows'],
  ] as const)('with %j is refreshed every %s, and that is said', ([spec, interval, finding]) => {
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect({ interval: syncs[0]?.interval, findings }).toEqual({ interval, findings: starts(finding) });
  });
});

describe('Of a target', () => {
  it('name, type and immutable are kept', () => {
    const target = { name: 'other', immutable: true, template: { type: 'kubernetes.io/basic-auth' } };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({ target })]);

    expect(findings).toEqual([]);
    expect(syncs[0]?.secretObjects).toMatchObject([
      { secretName: 'other', type: 'kubernetes.io/basic-auth', immutable: true },
    ]);
  });

  it('labels and annotations are those of the ExternalSecret, without the ones by which other tools know their own', () => {
    const metadata = {
      labels: { app: 'db', 'app.kubernetes.io/name': 'db', 'app.kubernetes.io/instance': 'argo' },
      annotations: { owner: 'team', 'argocd.argoproj.io/tracking-id': 'x', 'force-sync': '1' },
    };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({}, metadata)]);

    expect(findings).toEqual([]);
    expect(syncs[0]?.secretObjects).toMatchObject([
      { labels: { app: 'db', 'app.kubernetes.io/name': 'db' }, annotations: { owner: 'team' } },
    ]);
    expect(syncs[0]?.secretObjects[0]?.['labels']).not.toHaveProperty('app.kubernetes.io/instance');
  });

  it('labels and annotations are those of the template where there is one', () => {
    const template = { metadata: { labels: { a: 'b', c: '{{ .d }}' }, annotations: { e: 'f' }, finalizers: ['x/y'] } };
    const target = { template };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({ target }, { labels: { app: 'db' } })]);

    expect(syncs[0]?.secretObjects).toMatchObject([{ labels: { a: 'b' }, annotations: { e: 'f' } }]);
    expect(findings).toEqual(
      starts(
        'error metadata spec.target.template.metadata.finalizers',
        'error template spec.target.template.metadata.labels.c',
      ),
    );
  });

  it.for([
    [{ creationPolicy: 'Owner' }, []],
    [{ creationPolicy: 'Orphan' }, []],
    [{ creationPolicy: 'Merge' }, ['error creation-policy spec.target.creationPolicy: is Merge']],
    [{ creationPolicy: 'CreateOrMerge' }, ['error creation-policy spec.target.creationPolicy: is CreateOrMerge']],
    [{ creationPolicy: 'Borrow' }, ['error manifest-invalid spec.target.creationPolicy']],
    [{ deletionPolicy: 'Retain' }, []],
    [{ deletionPolicy: 'Delete' }, ['warning deletion-policy spec.target.deletionPolicy']],
    [{ deletionPolicy: 'Merge' }, ['warning deletion-policy spec.target.deletionPolicy']],
  ] as const)('%j is translated, and what differs is said', ([target, findings]) => {
    const made = translate([vaultStoreObject(), externalSecret({ target })]);

    expect(made.findings).toEqual(starts(...findings));
    expect(made.syncs).toMatchObject([{ deletionPolicy: 'Retain' }]);
  });

  it.for([
    [{ creationPolicy: 'None' }, 'error creation-policy spec.target.creationPolicy'],
    [{ manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }, 'error target spec.target.manifest'],
  ] as const)('%j leaves nothing to keep', ([target, finding]) => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret({ target })]);

    expect({ manifests, findings }).toEqual({ manifests: [], findings: starts(finding) });
  });
});

describe('What has no counterpart is named', () => {
  it.for(['PushSecret', 'ClusterPushSecret', 'ClusterExternalSecret', 'Whatever'])('%s', (kind) => {
    const { manifests, findings } = translate([operatorObject(kind, 'x', {})]);

    expect({ manifests, findings }).toEqual({ manifests: [], findings: starts('error kind-unsupported') });
  });

  it('a generator', () => {
    const object = { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', metadata: { name: 'x' } };

    expect(translate([object]).findings).toEqual(starts('error generator'));
  });

  const dataFrom = (entry: object) => ({ data: [], dataFrom: [{ extract: { key: 'all' } }, entry] });
  it.for([
    [dataFrom({ find: { name: { regexp: 'x' } } }), 'error find spec.dataFrom[1].find'],
    [dataFrom({ extract: { key: 'x' }, rewrite: [{ regexp: {} }] }), 'error rewrite spec.dataFrom[1].rewrite'],
    [
      dataFrom({ sourceRef: { generatorRef: { kind: 'Password' } } }),
      'error generator spec.dataFrom[1].sourceRef.generatorRef',
    ],
    [
      dataFrom({ extract: { key: 'x', conversionStrategy: 'Unicode' } }),
      'error extract spec.dataFrom[1].extract.conversionStrategy',
    ],
    [
      dataFrom({ extract: { key: 'x', decodingStrategy: 'Base64' } }),
      'error decoding spec.dataFrom[1].extract.decodingStrategy',
    ],
    [
      dataFrom({ extract: { key: 'x', metadataPolicy: 'Fetch' } }),
      'error metadata spec.dataFrom[1].extract.metadataPolicy',
    ],
    [dataFrom({}), 'error manifest-invalid spec.dataFrom[1]'],
    [
      { target: { template: { templateFrom: [{ literal: 'x' }] } }, data: [], dataFrom: [{ extract: { key: 'a' } }] },
      'error template spec.target.template.templateFrom',
    ],
  ] as const)('%j', ([spec, finding]) => {
    const { findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect(findings.filter((text) => text.startsWith('error'))[0]).toContain(finding);
  });

  /** Everything that is read or refused somewhere, with a value of its kind. */
  const full = externalSecret({
    refreshInterval: '1h',
    target: { name: 'x', template: { type: 'Opaque', metadata: { labels: { a: 'b' } }, data: { a: '{{ .a }}' } } },
    dataFrom: [
      { extract: { key: 'k', version: '1' }, sourceRef: { storeRef: { name: 'vault', kind: 'SecretStore' } } },
    ],
  });

  it('any field that is not known, wherever it stands', () => {
    const places = fieldsOf({ store: vaultStoreObject(), secret: full });
    expect(places.length).toBeGreaterThan(15);

    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom('neverHeardOf', 'find2', 'a-b'), (path, name) => {
        const planted = plant({ store: vaultStoreObject(), secret: full }, path, name);
        const { findings } = translate([planted.store, planted.secret]);
        expect(findings.join('\n')).toMatch(new RegExp(`field-unknown [^\\n]*${name}|template [^\\n]*${name}`));
      }),
    );
  });
});

describe('A class with secretObjects', () => {
  const secretObjects = [{ secretName: 'web', type: 'Opaque', data: [{ objectName: 'a', key: 'b' }] }];
  const parameters = { roleName: 'web', objects: '- objectName: a\n  secretPath: secret/data/a\n' };
  const webClass = (spec: object = {}) => ({
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' }, resourceVersion: '1', uid: 'x', managedFields: [] },
    spec: { provider: 'vault', parameters, secretObjects, ...spec },
  });
  const deployment = (serviceAccountName: string | undefined, namespace = 'shop') => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: serviceAccountName ?? 'none', namespace },
    spec: { template: { spec: { serviceAccountName, volumes: [{ name: 'other' }, { csi }] } } },
  });
  const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'web' } };

  it('stays as it is with our label while lockstep compares, as the service account of the pods that mount it', () => {
    const { manifests, findings } = translate([deployment('web'), deployment('other', 'elsewhere'), webClass()]);

    expect(findings).toEqual([]);
    expect(manifests).toMatchObject([
      {
        metadata: { labels: { a: 'b', 'lockstep.dev/sync': 'true' } },
        spec: { provider: 'vault', parameters, secretObjects },
      },
      { spec: { serviceAccountName: 'web', mode: 'Shadow', secretObjects } },
    ]);
    expect(manifests[0]?.metadata).not.toHaveProperty('resourceVersion');
  });

  it('loses them in the second step, so that the driver leaves the Secret alone', () => {
    const { manifests } = translate([deployment('web'), webClass()], { mode: 'Sync' });

    expect(manifests[0]?.spec).toEqual({ provider: 'vault', parameters });
    expect(manifests[1]?.spec).toMatchObject({ mode: 'Sync', adoptionPolicy: 'IfIdentical', secretObjects });
  });

  it.for([
    [[], undefined, 'default', 'is mounted by no workload'],
    [['a', 'b'], undefined, 'a', 'is mounted as a, b'],
    [[], 'web', 'web', undefined],
    [['a', 'b'], 'web', 'web', undefined],
    [[undefined], 'web', 'default', undefined],
  ] as const)('mounted as %j with --service-account %s is read as %s', ([accounts, serviceAccount, account, said]) => {
    const { syncs, findings } = translate([...accounts.map((each) => deployment(each)), webClass()], {
      serviceAccount,
    });

    expect(syncs[0]?.serviceAccountName).toBe(account);
    expect(findings).toEqual(said === undefined ? [] : [expect.stringContaining(said)]);
  });

  it('of a provider that lockstep does not serve is left with the driver', () => {
    expect(translate([webClass({ provider: 'azure' })])).toMatchObject({
      manifests: [],
      findings: starts('error class-provider spec.provider'),
    });
  });

  it('whose secretObjects are wrong says where', () => {
    const broken = [{ secretName: 'Web', type: 'Opaque', data: [] }];

    expect(translate([deployment('web'), webClass({ secretObjects: broken })]).findings).toEqual(
      starts(
        'error manifest-invalid : spec.secretObjects.0..secretName',
        'error manifest-invalid : spec.secretObjects.0..data',
      ),
    );
  });

  it('and without them is none of our business', () => {
    expect(translate([webClass({ secretObjects: undefined })])).toMatchObject({ manifests: [], findings: [] });
  });
});

describe('Reloader', () => {
  const at = (annotations: object, kind = 'Deployment') => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', annotations },
  });

  it.for([
    ['reloader.stakater.com/auto', 'lockstep.dev/rollout: restart'],
    ['secret.reloader.stakater.com/auto', 'lockstep.dev/rollout: restart'],
    ['secret.reloader.stakater.com/reload', 'lockstep.dev/rollout: restart'],
    ['secretproviderclass.reloader.stakater.com/reload', 'lockstep.dev/rollout: restart'],
    ['reloader.stakater.com/search', 'lockstep.dev/rollout: restart'],
    ['reloader.stakater.com/match', 'spec.rollout.mode: Restart'],
    ['reloader.stakater.com/ignore', 'spec.rollout.mode'],
    ['secrets.exclude.reloader.stakater.com/reload', 'spec.rollout.mode: Off'],
    ['deployment.reloader.stakater.com/pause-period', 'spec.rollout has windows'],
    ['reloader.stakater.com/rollout-strategy', 'leave this workload with Reloader'],
    ['configmap.reloader.stakater.com/reload', 'leave it to Reloader'],
    ['reloader.stakater.com/new-thing', 'look up'],
  ] as const)('%s is answered with %s', ([key, setting]) => {
    expect(translate([at({ [key]: 'true' })]).findings).toEqual([expect.stringContaining(setting)]);
  });

  it.for(['reloader.stakater.com/last-reloaded-from', 'myreloader.stakater.com/auto', 'other/auto'])(
    '%s is not',
    (key) => {
      expect(translate([at({ [key]: 'true' })]).findings).toEqual([]);
    },
  );

  it('in the template of a CronJob is seen', () => {
    const template = { metadata: { annotations: { 'reloader.stakater.com/auto': 'true' } } };
    const cronJob = { ...at({}, 'CronJob'), spec: { jobTemplate: { spec: { template } } } };

    expect(translate([cronJob]).findings[0]).toContain('spec.jobTemplate.spec.template.metadata.annotations');
  });
});

describe('Input that is wrong or hostile', () => {
  it.for([
    ['a: [', 'is no valid YAML'],
    ['a: &x [*x, *x]\nkind: A\napiVersion: b', undefined],
    [
      `a0: &a0 [x,x]\n${[...Array(60).keys()].map((n) => `a${n + 1}: &a${n + 1} [*a${n},*a${n}]`).join('\n')}`,
      'aliases',
    ],
    ['', undefined],
    ['just text', undefined],
    ['- 1\n- 2', undefined],
    ['kind: ExternalSecret\napiVersion: 3', undefined],
    ['{{ if .Values.x }}\nkind: x\n{{ end }}', 'is no valid YAML'],
  ] as const)('%j', ([text, said]) => {
    const { manifests, findings } = translate(text);

    expect(manifests).toEqual([]);
    if (said === undefined) expect(findings.filter((each) => each.includes('undefined'))).toEqual([]);
    else expect(findings[0]).toContain(said);
  });

  it('never quotes a text that is no YAML, which may be a Secret', () => {
    const { findings } = translate('kind: Secret\ndata: {password: "hunter2\n');

    expect(findings.length).toBeGreaterThan(0);
    expect(findings.join()).not.toContain('hunter2');
  });

  it.for(['../../etc/x', 'A', 'a\nb', '', 'a/b', '.', '..'])('refuses the name %j', (name) => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret({}, { name })]);

    expect({ manifests, findings }).toEqual({
      manifests: [],
      findings: starts('error manifest-invalid metadata.name'),
    });
  });

  it('refuses the namespace ../x', () => {
    expect(translate([externalSecret({}, { namespace: '../x' })]).findings).toEqual(
      starts('error manifest-invalid metadata.namespace'),
    );
  });

  it('makes one class of a name, and names the other', () => {
    const { classes, findings } = translate([
      vaultStoreObject(),
      externalSecret(),
      externalSecret({ refreshInterval: '1m' }),
    ]);

    expect(classes).toHaveLength(1);
    expect(findings).toEqual(starts('error already-made metadata.name'));
  });

  it('never throws, whatever an ExternalSecret holds, and what it makes is valid or named', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const member = fc.constantFrom('data', 'dataFrom', 'target', 'secretStoreRef', 'refreshInterval', 'refreshPolicy');
    fc.assert(
      fc.property(member, json, (name, value) => {
        const { text, findings } = translate([vaultStoreObject(), awsStoreObject(), externalSecret({ [name]: value })]);
        const mistakes = lintManifest(text, 'out').filter(({ severity }) => severity === 'error');
        expect(mistakes.length === 0 || findings.length > 0).toBe(true);
      }),
    );
  });

  it('gives the same text every time', () => {
    const input = [
      vaultStoreObject(),
      awsStoreObject(),
      externalSecret(),
      externalSecret({ secretStoreRef: { name: 'aws' } }, {}, 'two'),
    ];

    expect(translate(input).text).toBe(translate(input).text);
  });
});

interface Pair {
  readonly store: object;
  readonly secret: object;
}

type Path = readonly (string | number)[];

/** Every map of the specs whose members have a meaning, unlike those of labels. */
function fieldsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([key, each]) =>
    fieldsOf(each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  const last = path.at(-1);
  const isOpen = path.length < 2 || path[1] !== 'spec' || last === 'labels' || last === 'provider' || last === 'auth';
  return Array.isArray(value) || isOpen ? below : [path, ...below];
}

function plant(pair: Pair, path: Path, name: string): Pair {
  const copy = structuredClone(pair);
  const at = path.reduce<Record<string | number, unknown>>(
    (value, step) => value[step] as Record<string | number, unknown>,
    copy as unknown as Record<string, unknown>,
  );
  at[name] = 'x';
  return copy;
}
