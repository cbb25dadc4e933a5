import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { SecretError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import type { ClassInput } from '../spc/dialect.ts';
import { MountProblems } from './mount-failure.ts';
import { createMountReport } from './mount-report.ts';

const denied = new SecretError('VAULT_DENIED', 'object "a": permission denied');

describe('failures', () => {
  it('are logged once per volume as long as they are equal', () => {
    const { fail, log } = createReport();

    for (let index = 0; index < 5; index++) fail('v', denied);
    fail('w', denied);
    fail('v', new SecretError('VAULT_TIMEOUT', 'no answer'));

    expect(log.map(({ code }) => code)).toEqual(['VAULT_DENIED', 'VAULT_DENIED', 'VAULT_TIMEOUT']);
  });

  it('come back after a while, with the number of those left out', async () => {
    const { fail, log, clock } = createReport();
    for (let index = 0; index < 5; index++) fail('v', denied);

    await clock.advance(600_000);
    fail('v', denied);

    expect(log.map(({ repeated }) => repeated)).toEqual([0, 4]);
  });

  it('are over with the next success, which is logged', () => {
    const { fail, serve, log } = createReport();
    fail('v', denied);

    serve('v');
    serve('v');
    fail('v', denied);

    expect(log.map(({ msg }) => msg)).toEqual(['mount failed', 'mount recovered', 'mount failed']);
  });

  it('say everything that was wrong, who asked, and never a token', () => {
    const { fail, log } = createReport();
    const cause = new MountProblems(['first', 'second'], new Error('ECONNRESET'));

    fail('v', new SecretError('MANIFEST_INVALID', 'first and 1 more', { cause }));

    expect(log).toMatchObject([
      { level: 'warn', provider: 'vault', namespace: 'shop', serviceAccount: 'web', pod: 'web-1', class: 'db' },
    ]);
    expect(log).toMatchObject([{ problems: ['first', 'second'], err: { message: 'ECONNRESET' } }]);
    expect(JSON.stringify(log)).not.toContain('the-token');
  });
});

it('counts mounts by outcome and times them from their arrival', async () => {
  const { fail, serve, clock, metrics } = createReport();
  const arrivedAtMs = clock.now();
  await clock.advance(250);

  fail('v', denied, arrivedAtMs);
  serve('v', arrivedAtMs);

  const text = await metrics.registry.metrics();
  expect(text).toContain('lockstep_mounts_total{provider="vault",outcome="VAULT_DENIED"} 1');
  expect(text).toContain('lockstep_mounts_total{provider="vault",outcome="ok"} 1');
  expect(text).toContain('lockstep_mount_duration_seconds_sum{provider="vault"} 0.5');
});

function createReport() {
  const clock = new FakeClock();
  const log: Record<string, unknown>[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
  const metrics = createMetrics();
  const report = createMountReport({ clock, metrics, logger: createLogger({ level: 'info', format: 'json', write }) });
  const begin = (volume: string, arrivedAtMs = clock.now()) => {
    const record = report.begin('vault', arrivedAtMs);
    record.identify(input, volume);
    return record;
  };
  return {
    clock,
    log,
    metrics,
    fail: (volume: string, error: SecretError, arrivedAtMs?: number) => begin(volume, arrivedAtMs).failed(error),
    serve: (volume: string, arrivedAtMs?: number) => begin(volume, arrivedAtMs).served([], { kind: 'same' }),
  };
}

const input: ClassInput = {
  parameters: new Map([['secretProviderClass', 'db']]),
  defaultMode: 0o644,
  caller: {
    kind: 'pod',
    namespace: 'shop',
    serviceAccount: 'web',
    pod: { name: 'web-1', uid: 'uid-1' },
    tokens: new Map([['vault', SecretBytes.from('the-token')]]),
    secrets: new Map(),
  },
};
