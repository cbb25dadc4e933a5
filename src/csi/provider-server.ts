import type { Socket } from 'node:net';

import { type Server, ServerCredentials } from '@grpc/grpc-js';

import { SecretError, toSecretError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Parsed } from '../core/problem.ts';
import type { Resolver } from '../core/resolver.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { ClassInput } from '../spc/dialect.ts';
import { Admission } from './admission.ts';
import { openConnection } from './authority/opening.ts';
import { ByteBudget } from './byte-budget.ts';
import { Connections } from './connections.ts';
import { Deliveries } from './deliveries.ts';
import { createMountReport, type MountReport } from './mount-report.ts';
import { createMount, type Mount } from './mount.ts';
import { createPrepare } from './prepare.ts';
import { ProviderSocket } from './provider-socket.ts';
import { createRpcServer } from './rpc.ts';
import { StreamGate } from './stream-gate.ts';

export interface ProviderServerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly resolver: Resolver;
  readonly plan: (provider: ProviderName, input: ClassInput) => Parsed<Plan>;
  readonly options: ProviderServerOptions;
  readonly runtimeVersion: string;
}

export interface ProviderServerOptions {
  readonly providerDir: string;
  readonly providers: readonly ProviderName[];
  /** Replace a socket on which another runtime answers. */
  readonly takeover: boolean;
  /** Our own limit for one mount; the caller's counts if it is shorter. */
  readonly mountDeadlineMs: number;
  readonly maxMounts: number;
  readonly maxWaiting: number;
  /** Of requests and replies in memory at once. */
  readonly maxBytes: number;
}

export interface ProviderServer {
  /** Puts all sockets into place, or none and throws SOCKET_UNUSABLE or SOCKET_IN_USE. */
  start(): Promise<void>;
  /** Accepts nothing new and resolves when everything is answered. Call `force` to make it hurry. */
  stop(): Promise<void>;
  /** Answers what is open with UNKNOWN, then closes; `stop` resolves when that is done. */
  force(): void;
  /** Why the driver cannot be served, or undefined. Calls Version through every socket path. */
  ready(): Promise<string | undefined>;
}

/** One provider name: what listens and what answers. */
interface Endpoint {
  readonly socket: ProviderSocket;
  readonly rpc: Server;
}

/** Volumes whose last delivery is remembered: ten times what a node of 250 pods has. */
const maxVolumes = 8_192;
/** What the last bytes get to leave before connections are cut. */
const closeGraceMs = 300;

/** The gRPC servers of all provider names, over one gate, one admission and one memory of deliveries. */
export function createProviderServer(deps: ProviderServerDeps): ProviderServer {
  const report = createMountReport(deps);
  const gate = createGate(deps, report);
  const connections = new Connections(deps.clock);
  const mount = createMountUseCase(deps, report);
  const endpoints = deps.options.providers.map((name): Endpoint => {
    const rpc = createRpcServer(name, { gate, mount, runtimeVersion: deps.runtimeVersion });
    const injector = rpc.createConnectionInjector(ServerCredentials.createInsecure());
    const onConnection = (socket: Socket): void => {
      const requested = connections.add(socket);
      openConnection(socket, {
        accept: (connection) => {
          requested();
          if (connection !== socket) deps.logger.info({ provider: name }, 'a driver before 1.6 connected');
          gate.guard(connection, name);
          injector.injectConnection(connection);
        },
        refuse: ({ message }) => deps.logger.warn({ provider: name, reason: message }, 'connection ended'),
      });
    };
    return { rpc, socket: createSocket(deps, name, onConnection) };
  });
  let state: 'new' | 'running' | 'stopping' = 'new';
  let stopped: Promise<void> | undefined;

  async function start(): Promise<void> {
    await requireAllFree(endpoints);
    gate.open();
    try {
      for (const { socket } of endpoints) await socket.publish();
    } catch (error) {
      await stop();
      throw error;
    }
    for (const { socket } of endpoints) socket.watch();
    state = 'running';
    const paths = endpoints.map(({ socket }) => socket.path);
    deps.logger.info({ sockets: paths, version: deps.runtimeVersion }, 'ready');
  }

  async function drain(): Promise<void> {
    state = 'stopping';
    deps.logger.info({ mounts: gate.openMounts }, 'stopping');
    const closed = endpoints.map(({ socket }) => socket.close());
    // Every connection is told to go away; its streams are finished.
    for (const { rpc } of endpoints) rpc.tryShutdown(() => {});
    await gate.drain();
    await connections.drain(closeGraceMs);
    gate.close();
    await Promise.all(closed);
  }

  function stop(): Promise<void> {
    stopped ??= drain();
    return stopped;
  }

  return {
    start,
    stop,
    force() {
      void stop();
      if (gate.openMounts > 0) deps.logger.warn({ mounts: gate.openMounts }, 'answering open mounts to stop at once');
      gate.force();
    },
    async ready() {
      if (state !== 'running') return state === 'new' ? 'the sockets are not in place yet' : 'shutting down';
      const reasons = await Promise.all(endpoints.map(({ socket }) => socket.unreadiness()));
      return reasons.find((reason) => reason !== undefined);
    },
  };
}

function createGate({ clock, options }: ProviderServerDeps, report: MountReport): StreamGate {
  return new StreamGate({
    clock,
    budget: new ByteBudget(options.maxBytes),
    timeLimitMs: options.mountDeadlineMs,
    onRefused: (provider, error, arrivedAtMs) => report.begin(provider, arrivedAtMs).failed(error),
  });
}

function createMountUseCase(deps: ProviderServerDeps, report: MountReport): Mount {
  const { clock, plan, resolver, metrics, options } = deps;
  const admission = new Admission({
    maxInFlight: options.maxMounts,
    maxWaiting: options.maxWaiting,
    inFlight: metrics.mountsInFlight,
    waiting: metrics.mountsWaiting,
  });
  const deliveries = new Deliveries({ maxVolumes });
  return createMount({ clock, prepare: createPrepare({ plan }), resolver, admission, deliveries, report });
}

function createSocket(
  deps: ProviderServerDeps,
  name: ProviderName,
  onConnection: (socket: Socket) => void,
): ProviderSocket {
  const { clock, logger, options } = deps;
  return new ProviderSocket({
    clock,
    logger,
    directory: options.providerDir,
    name,
    takeover: options.takeover,
    onConnection,
  });
}

/** Before any path is touched, so that a refused start leaves everything as it was. */
async function requireAllFree(endpoints: readonly Endpoint[]): Promise<void> {
  const checks = await Promise.allSettled(endpoints.map(({ socket }) => socket.check()));
  const errors = checks.flatMap((check) => (check.status === 'rejected' ? [toSecretError(check.reason)] : []));
  const [first] = errors;
  if (first) throw new SecretError(first.code, [...new Set(errors.map(({ message }) => message))].join('; '));
}
