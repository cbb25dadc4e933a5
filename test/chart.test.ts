import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { controllerFlags } from '../src/config/controller-flags.ts';
import { type Flags, flagName } from '../src/config/flag.ts';
import { removeSocketsFlags, versionKeyFlags } from '../src/config/housekeeping-flags.ts';
import { providerFlags } from '../src/config/provider-flags.ts';
import { providerNames } from '../src/core/provider-names.ts';

const chart = 'deploy/charts/lockstep';
const values = parse(read(`${chart}/values.yaml`));
const schema = JSON.parse(read(`${chart}/values.schema.json`));
const byDefault = readObjects('deploy/manifests/lockstep.yaml');
const withController = readObjects('deploy/manifests/lockstep-controller.yaml');
const flags: Readonly<Record<string, Flags>> = {
  provider: providerFlags,
  controller: controllerFlags,
  'version-key': versionKeyFlags,
  'remove-sockets': removeSocketsFlags,
};

describe('the values', () => {
  it('offer the provider names that are built', () => {
    expect(schema.properties.provider.properties.providers.items.enum).toEqual(providerNames);
  });

  it('begin with what the commands take for themselves', () => {
    const { audiences, versionKeySecret } = controllerFlags;
    expect(values.controller.audiences.join(',')).toBe(audiences.fallback);
    expect(values.versionKey.secretName).toBe(versionKeySecret.fallback);
    expect(values.provider.socketDirectory).toBe(providerFlags.providerDir.fallback);
  });

  it('are all in the schema, which allows no others', () => {
    expect(keysOf(values)).toEqual(keysOf(schema.properties).filter((key) => key !== 'global'));
    for (const [name, part] of Object.entries<Part>(schema.properties).filter(([, { properties }]) => properties)) {
      expect([name, Object.keys(values[name]).toSorted()]).toEqual([
        name,
        Object.keys(part.properties ?? {}).toSorted(),
      ]);
      expect([name, part.additionalProperties]).toEqual([name, false]);
    }
  });

  it('are of the version of the package', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(parse(read(`${chart}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  });
});

describe('the files of the chart', () => {
  it.for([
    'crds/secretproviderclasssyncs',
    'policies/token-requests',
    'policies/startup-taint',
    'policies/pin-secrets',
  ])('are the ones that people apply: %s', (file) => {
    expect(read(`${chart}/files/${file}.yaml`)).toBe(read(`deploy/${file}.yaml`));
  });

  it('have the texts in which the templates put other names', () => {
    const [account, audiences] = [
      'system:serviceaccount:lockstep-system:lockstep-controller',
      "['vault', 'sts.amazonaws.com']",
    ];
    const [text, template] = [read('deploy/policies/token-requests.yaml'), read(`${chart}/templates/policies.yaml`)];
    for (const place of [account, audiences])
      expect([text, template]).toEqual([text, template].filter((each) => each.includes(place)));
  });

  it('come out of the rendering as they went in', () => {
    const { metadata: _, ...crd } = parse(read('deploy/crds/secretproviderclasssyncs.yaml'));
    expect(byDefault.find(({ kind }) => kind === 'CustomResourceDefinition')).toMatchObject(crd);
    for (const file of ['approvals', 'class-authors', 'sync-authors', 'token-requests']) {
      const [policy] = readObjects(`deploy/policies/${file}.yaml`);
      expect(
        withController.find(({ kind, metadata }) => kind === policy?.kind && metadata.name === policy.metadata.name)
          ?.spec,
      ).toEqual(policy?.spec);
    }
  });
});

describe('the containers', () => {
  const containers = [...withController, ...readObjects('deploy/manifests/remove-sockets.yaml')].flatMap(containersOf);

  it('run commands and flags that exist', () => {
    const commands = containers
      .filter(({ args }) => args)
      .map(({ args: [command = '', ...args] = [] }) => ({ command, args }));
    expect(commands.map(({ command }) => command).toSorted()).toEqual(Object.keys(flags).toSorted());
    for (const { command, args } of commands) {
      const known = Object.keys(flags[command] ?? {}).map(flagName);
      expect(args.map((arg) => arg.split('=', 1)[0]).filter((arg) => !known.includes(arg ?? ''))).toEqual([]);
    }
  });

  it('leave the entry point, and with it the flags of Node, to the image', () => {
    expect(containers.filter(({ command }) => command).map(({ name }) => name)).toEqual(['done']);
  });

  it('have no capability, no privilege and nothing to write to', () => {
    expect(containers.length).toBeGreaterThan(4);
    for (const { securityContext } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('run as root only where the directory of the sockets is theirs to write', () => {
    const pods = [...withController, ...readObjects('deploy/manifests/remove-sockets.yaml')].flatMap(podOf);
    const root = pods.filter(({ securityContext }) => securityContext.runAsNonRoot !== true);
    expect(pods.every(({ securityContext }) => securityContext.seccompProfile.type === 'RuntimeDefault')).toBe(true);
    expect(root.map(({ volumes }) => volumes?.some(({ hostPath }) => hostPath))).toEqual([true, true]);
  });
});

describe('a default installation', () => {
  it('may write nothing but its version key', () => {
    const writes = byDefault
      .flatMap(({ metadata, rules = [] }) => rules.map((rule) => ({ name: metadata.name, ...rule })))
      .filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)));
    expect(writes).toEqual([
      { name: 'lockstep-version-key', apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ]);
  });

  it('has a provider that may read no Secret', () => {
    const rules = byDefault.find(({ kind }) => kind === 'ClusterRole')?.rules ?? [];
    expect(rules.flatMap(({ resources }) => resources)).toEqual(['serviceaccounts', 'nodes']);
    expect(rules.flatMap(({ verbs }) => verbs)).toEqual(['get', 'get']);
  });

  it('keeps the CRD, and the key, when it is uninstalled', () => {
    const crd = byDefault.find(({ kind }) => kind === 'CustomResourceDefinition');
    expect(crd?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(byDefault.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('is never without a provider on a node, and gives mounts in flight their 115 s', () => {
    const provider = byDefault.find(({ kind }) => kind === 'DaemonSet');
    expect(provider).toMatchObject({
      spec: {
        updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          spec: {
            terminationGracePeriodSeconds: 120,
            tolerations: [{ operator: 'Exists' }],
            priorityClassName: 'system-node-critical',
          },
        },
      },
    });
  });
});

interface Part {
  readonly properties?: object;
  readonly additionalProperties?: boolean;
}

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly securityContext: object;
}

interface Pod {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly hostPath?: object }[];
  readonly securityContext: { readonly runAsNonRoot?: boolean; readonly seccompProfile: { readonly type: string } };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: object };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly spec?: { readonly template?: { readonly spec?: Pod } };
}

function podOf({ spec }: Manifest): readonly Pod[] {
  return spec?.template?.spec ? [spec.template.spec] : [];
}

function containersOf(manifest: Manifest): readonly Container[] {
  return podOf(manifest).flatMap(({ containers, initContainers = [] }) => [...initContainers, ...containers]);
}

function keysOf(value: object): readonly string[] {
  return Object.keys(value).toSorted();
}

function readObjects(file: string): readonly Manifest[] {
  // The edge: our own manifests.
  return parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest);
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
