import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Plan, PlannedObject, ResolvedObject } from '../../src/core/plan.ts';
import type { Parsed } from '../../src/core/problem.ts';
import type { Resolution, ResolveOptions, Resolver } from '../../src/core/resolver.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import {
  createProviderServer,
  type ProviderServer,
  type ProviderServerDeps,
  type ProviderServerOptions,
} from '../../src/csi/provider-server.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { createLogger, type Logger } from '../../src/platform/logger.ts';
import { createMetrics, type Metrics } from '../../src/platform/metrics.ts';
import type { ClassInput } from '../../src/spc/dialect.ts';

/** What the tests make of the parts behind the server. */
export interface ProviderOptions {
  readonly options?: Partial<ProviderServerOptions>;
  readonly clock?: Clock;
  readonly plan?: ProviderServerDeps['plan'];
  readonly resolve?: Resolver['resolve'];
  readonly providerDir?: string;
  readonly runtimeVersion?: string;
}

export interface ProviderUnderTest extends AsyncDisposable {
  readonly server: ProviderServer;
  readonly path: string;
  readonly providerDir: string;
  readonly metrics: Metrics;
  /** Lines of the log so far, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** A provider server on a real socket, with a plan and a resolver that a test gives. It is started. */
export async function startProvider(given: ProviderOptions = {}): Promise<ProviderUnderTest> {
  const provider = await createProvider(given);
  await provider.server.start();
  return provider;
}

export async function createProvider(given: ProviderOptions = {}): Promise<ProviderUnderTest> {
  const providerDir = given.providerDir ?? (await mkdtemp(join(tmpdir(), 'csi-')));
  const log: Record<string, unknown>[] = [];
  const metrics = createMetrics();
  const server = createProviderServer({
    clock: given.clock ?? systemClock,
    logger: createTestLogger(log),
    metrics,
    plan: given.plan ?? ((_provider, input) => toPlan(input)),
    resolver: { flush: () => {}, resolve: given.resolve ?? resolveAll },
    options: {
      providerDir,
      providers: ['vault'],
      takeover: false,
      mountDeadlineMs: 100_000,
      maxMounts: 32,
      maxWaiting: 1000,
      maxBytes: 64 * 1024 * 1024,
      ...given.options,
    },
    runtimeVersion: given.runtimeVersion ?? '0.0.0',
  });
  return {
    server,
    metrics,
    log,
    providerDir,
    path: join(providerDir, 'vault.sock'),
    [Symbol.asyncDispose]: async () => {
      server.force();
      await server.stop();
      if (given.providerDir === undefined) await rm(providerDir, { recursive: true, force: true });
    },
  };
}

/** A plan of one object per parameter named `object…`. */
export function toPlan({ parameters, caller, defaultMode }: ClassInput): Parsed<Plan> {
  const names = [...parameters.keys()].filter((key) => key.startsWith('object'));
  return {
    ok: true,
    value: {
      caller,
      objects: (names.length > 0 ? names : ['password']).map((name) => plannedObject(name, defaultMode)),
      freshness: { staleOnFirstMount: false },
    },
  };
}

function plannedObject(name: string, mode: number): PlannedObject {
  return {
    name,
    ref: {
      kind: 'vault',
      store: {
        address: 'http://127.0.0.1:8200',
        namespace: '',
        tls: { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false },
        auth: { method: 'token' },
      },
      request: { method: 'GET', path: `/v1/kv/${name}`, query: '' },
    },
    select: { kind: 'key', key: name },
    encoding: 'utf-8',
    path: name,
    mode,
    version: { kind: 'hmac', input: '' },
    optional: false,
    expand: false,
  };
}

/** Every object has the value `value of NAME` and version 1. */
export async function resolveAll(plan: Plan, _options?: ResolveOptions): Promise<Resolution> {
  return { objects: plan.objects.map(({ name, mode }) => resolvedObject({ name, mode })), failures: [] };
}

export function resolvedObject(given: Partial<ResolvedObject> & { readonly name: string }): ResolvedObject {
  const contents = SecretBytes.from(`value of ${given.name}`);
  return { path: given.name, mode: 0o644, contents, version: '1', ...given };
}

function createTestLogger(lines: Record<string, unknown>[]): Logger {
  return createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
}
