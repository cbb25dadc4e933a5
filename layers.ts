/**
 * The architecture table: what each folder of src/ is for, which other folders it may import, and which packages.
 * The lint fences in oxlint.config.ts are generated from it, and test/architecture.test.ts proves that they hold.
 */
export interface Layer {
  readonly purpose: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
  /** Built-in modules are open to every folder but core, which may use these only. */
  readonly builtins?: readonly string[];
}

export const layers: Readonly<Record<string, Layer>> = {
  core: {
    purpose: 'the pure domain: no I/O, clock, environment or logger',
    imports: [],
    packages: ['@jmespath-community/jmespath'],
    builtins: ['node:buffer', 'node:crypto', 'node:util'],
  },
  gen: {
    purpose: 'generated from proto/, committed, never edited',
    imports: [],
    packages: ['@bufbuild/protobuf', '@grpc/grpc-js'],
  },
  platform: {
    purpose: 'I/O tools that know no secret: logger, metrics, clock, retry, lifecycle, http endpoints',
    imports: ['core'],
    packages: ['pino', 'prom-client'],
  },
  config: {
    purpose: 'flags and environment to one frozen Config',
    imports: ['core', 'platform'],
    packages: ['commander', 'zod'],
  },
  spc: {
    purpose: 'the dialects: SecretProviderClass parameters to a Plan',
    imports: ['core'],
    packages: ['yaml', 'lru-cache'],
  },
  resolve: {
    purpose: 'Plan to ResolvedObject[]: cache, single-flight, freshness',
    imports: ['core', 'platform'],
    packages: ['lru-cache'],
  },
  'backends/vault': {
    purpose: 'Vault and OpenBao: login, leases, read',
    imports: ['core', 'platform'],
    packages: ['node-vault', 'lru-cache', 'p-map'],
  },
  'backends/aws': {
    purpose: 'Secrets Manager and Parameter Store: credentials, batch, failover',
    imports: ['core', 'platform'],
    packages: [
      '@aws-sdk/client-secrets-manager',
      '@aws-sdk/client-ssm',
      '@aws-sdk/client-sts',
      '@smithy/node-http-handler',
      'lru-cache',
      'p-map',
    ],
  },
  csi: {
    purpose: 'the gRPC server: sockets, mount, statuses',
    imports: ['core', 'platform', 'spc', 'resolve', 'gen'],
    packages: ['@grpc/grpc-js', 'lru-cache'],
  },
  kube: {
    purpose: 'the only importer of @kubernetes/client-node',
    imports: ['core', 'platform'],
    packages: ['@kubernetes/client-node'],
  },
  'secret-objects': {
    purpose: 'secretObjects and the files of a class to Kubernetes Secrets: types, keys, certificates',
    imports: ['core'],
    packages: ['zod', 'node-forge'],
  },
  rollout: {
    purpose: 'which workloads use a Secret, and what is to be done when it changes: decisions and their small adapters',
    imports: ['core', 'platform', 'kube', 'secret-objects'],
    packages: ['zod'],
  },
  controller: {
    purpose: 'SecretProviderClassSync: queue, loop, Secrets, status; startup taints of nodes',
    imports: ['core', 'platform', 'spc', 'resolve', 'kube', 'secret-objects', 'rollout'],
    packages: ['zod', 'lru-cache'],
  },
  migrate: {
    purpose: 'manifests of other tools to ours: pure translation, and the names of what it leaves out',
    imports: ['core', 'secret-objects'],
    packages: ['yaml'],
    builtins: [],
  },
  doctor: {
    purpose: 'what of a cluster stands in the way of lockstep',
    imports: ['core', 'platform', 'kube', 'rollout'],
    packages: [],
  },
  dev: {
    purpose: 'embedded stores and the driver played for `lockstep dev`; not in the image',
    imports: ['core', 'gen', 'platform', 'config', 'spc', 'resolve', 'backends/vault', 'csi', 'kube', 'secret-objects'],
    packages: ['@grpc/grpc-js', 'yaml', 'zod'],
  },
  cli: {
    purpose: 'the subcommands',
    imports: [
      'core',
      'platform',
      'config',
      'spc',
      'resolve',
      'backends/vault',
      'backends/aws',
      'csi',
      'kube',
      'controller',
      'secret-objects',
      'rollout',
      'migrate',
      'doctor',
      'dev',
    ],
    packages: ['commander'],
  },
};

/** Files of src/ beside the folders: they put the parts together. Nobody imports them but the folders named here. */
export const compositionRoots: Readonly<Record<string, readonly string[]>> = {
  main: [],
  'provider-app': [],
  'controller-app': [],
  stores: [],
  'aws-backends': ['cli'],
};
