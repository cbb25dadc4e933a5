import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import packageJson from '../package.json' with { type: 'json' };
import type { CreateControllerApp, CreateProviderApp } from './cli/daemon.ts';
import type { ExitCode, Host } from './cli/host.ts';
import { type CommandTable, runProgram } from './cli/program.ts';
import { createLogOutput } from './platform/log-output.ts';

/** Help and mistakes need no daemon, and one daemon needs nothing of the other. */
const createProviderApp: CreateProviderApp = async (...input) =>
  (await import('./provider-app.ts')).createProviderApp(...input);
const createControllerApp: CreateControllerApp = async (...input) =>
  (await import('./controller-app.ts')).createControllerApp(...input);

const commands: CommandTable = {
  provider: {
    summary: 'Serve the CSI driver: secrets from Vault, OpenBao and AWS as files of pods',
    async load() {
      const { createProviderCommand } = await import('./cli/provider.ts');
      return createProviderCommand(createProviderApp);
    },
  },
  controller: {
    summary: 'Keep Kubernetes Secrets current: what SecretProviderClassSyncs declare, with no pod mounting it',
    async load() {
      const { createControllerCommand } = await import('./cli/controller.ts');
      return createControllerCommand(createControllerApp);
    },
  },
  status: {
    summary: 'Show the SecretProviderClassSyncs of a cluster: which are current, and why the others are not',
    load: async () => (await import('./cli/status.ts')).createStatusCommand(),
  },
  plan: {
    summary: 'Show what a change of Secrets would roll out: workloads, pods, order and time',
    load: async () => (await import('./cli/plan.ts')).createPlanCommand(),
  },
  rollout: {
    summary: 'Approve, resume, freeze or look at rollouts',
    load: async () => (await import('./cli/rollout.ts')).createRolloutCommand(),
  },
  mount: {
    summary: 'Write the files of one SecretProviderClass into a directory, without Kubernetes',
    load: async () => (await import('./cli/mount.ts')).createMountCommand(),
  },
  lint: {
    summary: 'Check SecretProviderClass manifests',
    load: async () => (await import('./cli/lint.ts')).createLintCommand(),
  },
  'version-key': {
    summary: 'Make the Secret with the version key, where there is none',
    load: async () => (await import('./cli/version-key.ts')).createVersionKeyCommand(),
  },
  'remove-sockets': {
    summary: 'Remove the sockets that an uninstallation leaves on a node',
    load: async () => (await import('./cli/remove-sockets.ts')).createRemoveSocketsCommand(),
  },
  migrate: {
    summary: "Translate manifests of External Secrets Operator and of the driver's own sync",
    load: async () => (await import('./cli/migrate.ts')).createMigrateCommand(),
  },
  doctor: {
    summary: 'Say what of a cluster stands in the way',
    load: async () => (await import('./cli/doctor.ts')).createDoctorCommand(),
  },
  dev: {
    summary: 'Try manifests on this machine: a provider, a store over one file and a played driver',
    async load() {
      const { createDevCommand } = await import('./cli/dev.ts');
      return createDevCommand(createProviderApp);
    },
  },
};

/** After a second signal or an exception that nobody caught, the mounts in flight get their answers within this time. */
const lastWordsMs = 5000;

await main();

/** The only place that ends the process and listens to its signals. */
async function main(): Promise<void> {
  const { host, hasFailed } = createHost();
  let code: ExitCode;
  try {
    code = await runProgram(process.argv.slice(2), { commands, version: packageJson.version, host });
  } catch (error) {
    reportFault(error);
    code = 1;
  }
  // A pipe may still hold what was written last. Whoever reads no log is not waited for, so that a daemon comes to its end.
  await Promise.all([drain(process.stdout), Promise.race([drain(process.stderr), sleep(lastWordsMs)])]);
  process.exit(hasFailed() ? 1 : code);
}

function createHost(): { readonly host: Host; readonly hasFailed: () => boolean } {
  const stop = new AbortController();
  const force = new AbortController();
  const flushListeners = new Set<() => void>();
  const faultListeners = new Set<(error: unknown) => void>();
  let failed = false;

  const onStop = (): void => {
    if (stop.signal.aborted) end();
    stop.abort();
  };
  const end = (): void => {
    stop.abort();
    force.abort();
    setTimeout(() => process.exit(1), lastWordsMs).unref();
  };
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGUSR2', () => flushListeners.forEach((listener) => listener()));
  // Node would open its inspector, and through it show every secret in memory.
  process.on('SIGUSR1', () => undefined);
  // Whoever read our output may go away; a log line that nobody reads must not end a mount.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  const onFault = (error: unknown): void => {
    if (faultListeners.size === 0) reportFault(error);
    for (const listener of faultListeners) listener(error);
  };
  // A promise that nobody waited for leaves the rest as it was: the mounts in flight go on.
  process.on('unhandledRejection', onFault);
  // After an exception nothing is certain any more: answer what is open, then end and be started afresh.
  process.on('uncaughtException', (error) => {
    failed = true;
    onFault(error);
    end();
  });

  const host: Host = {
    env: process.env,
    out: (line) => void process.stdout.write(line),
    err: (line) => void process.stderr.write(line),
    log: createLogOutput(process.stderr),
    isTerminal: process.stderr.isTTY,
    columns: () => (process.stdout.isTTY ? process.stdout.columns : undefined),
    readInput: () => text(process.stdin),
    stop: stop.signal,
    force: force.signal,
    onFlush: (listener) => subscribe(flushListeners, listener),
    onFault: (listener) => subscribe(faultListeners, listener),
  };
  return { host, hasFailed: () => failed };
}

function subscribe<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => listeners.delete(listener) };
}

function reportFault(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`lockstep: unexpected error (INTERNAL): ${detail}\n`);
}

async function drain(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.write('', () => resolve());
  await promise;
}
