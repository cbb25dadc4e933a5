import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { FakeHost, type FakeHostOptions } from '../../test/fakes/host.ts';
import type { ControllerConfig } from '../config/controller-config.ts';
import { SecretError } from '../core/errors.ts';
import { createLogger } from '../platform/logger.ts';
import { createControllerCommand } from './controller.ts';
import type { CreateControllerApp } from './daemon.ts';
import { runProgram } from './program.ts';

/** A daemon that only notes what it is told. */
function run(argv: readonly string[], failure?: Error, options?: FakeHostOptions) {
  const host = new FakeHost(options);
  const told: string[] = [];
  const configs: ControllerConfig[] = [];
  const createApp: CreateControllerApp = async (config, { write }) => {
    configs.push(config);
    return {
      logger: createLogger({ level: config.logLevel, format: config.logFormat, write }),
      async start() {
        told.push('start');
        if (failure) throw failure;
      },
      stop: async () => void told.push('stop'),
      flush: () => void told.push('flush'),
    };
  };
  const commands = { controller: { summary: 'Sync', load: async () => createControllerCommand(createApp) } };
  const code = runProgram(['controller', ...argv], { commands, version: '0', host });
  return { host, told, configs, code };
}

describe('lockstep controller', () => {
  it('works until it is told to stop', async () => {
    const { host, told, code } = run(['--log-format', 'text']);
    await setImmediate();
    expect(told).toEqual(['start']);
    host.terminate();

    expect(await code).toBe(0);
    expect(told).toEqual(['start', 'stop']);
    expect(host.errText).toMatch(/^\d\d:\d\d:\d\d info {2}stopped\n$/);
  });

  it('says in one line why it cannot start', async () => {
    const { host, told, code } = run([], new SecretError('KUBE_FORBIDDEN', 'cannot list it'));

    expect(await code).toBe(1);
    expect(host.errText).toBe('lockstep: cannot list it\n');
    expect(told).toEqual(['start']);
  });

  it('does not fail when it is told to stop before it has started', async () => {
    const { host, code } = run([], new DOMException('stopped', 'AbortError'));
    host.terminate();

    expect(await code).toBe(0);
  });

  it.for<readonly [readonly string[], boolean]>([
    [[], true],
    [['--leader-elect'], true],
    [['--leader-elect', '--workers', '2'], true],
    [['--leader-elect=true'], true],
    [['--leader-elect=false'], false],
    [['--leader-elect', 'false'], false],
  ])('with %j has leaderElect %s', async ([argv, leaderElect]) => {
    const { host, configs, code } = run(argv);
    host.terminate();
    await code;

    expect(configs).toMatchObject([{ leaderElect }]);
  });

  it('shows that leader election can be switched off', async () => {
    const { host, code } = run(['--help']);

    expect(await code).toBe(0);
    expect(host.outText).toMatch(/--leader-elect \[true\|false\] .*\[env:/s);
    expect(host.outText).toMatch(/--per-object-metrics {2,}/);
  });

  it('takes no other word for a switch', async () => {
    const { host, code } = run(['--leader-elect=off']);

    expect(await code).toBe(2);
    expect(host.errText).toContain('--leader-elect: "off" must be true or false');
  });
});
