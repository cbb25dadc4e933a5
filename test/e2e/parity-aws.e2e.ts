import { join } from 'node:path';

import { expect, it } from 'vitest';

import { e2e } from './harness/e2e.ts';
import { ParityAwsStack } from './harness/parity-aws-stack.ts';

/** Where we call AWS more often than the reference. docs/parity.md has the reasons. */
const moreCalls = ['fault-ssm-throttled', 'fault-throttled', 'missing-both-types', 'yaml-json-escaped-slash'];

/** Values of the vectors and of the tool's shim, long enough to stand nowhere else. */
const planted = ['s3cr3t-value', 'param-value', 'p@ss w0rd', 'batch value 07', 'parity-session-token', 'west p serves'];

e2e('Recorded answers of the official AWS provider', 'parity-aws', (stand) => {
  it('are what our socket answers, byte for byte and version for version', { timeout: 600_000 }, async () => {
    const { run, dir, evidence } = stand();
    for (const value of planted) evidence.mark('a value of the vectors', value);
    const stack = await ParityAwsStack.start({ runDir: run.runDir, dir: join(dir, 'stack'), cluster: run.cluster });

    const lines = await stack.replay();

    evidence.add('metrics', stack.metrics());
    await stack.stop();
    evidence.add('logs of the daemon', stack.log());
    // A line of a failure, then its differences.
    const failures = lines.filter((line) => /^(FAIL|     )/.test(line));
    expect(failures).toEqual([]);
    expect(lines).toContain('380 passed, 0 failed, 0 skipped');
    expect(toMoreCalls(lines)).toEqual(moreCalls);
  });
});

/** `calls to AWS and credential endpoints: …; more than it in: NAME GOT > WANTED, …`. */
function toMoreCalls(lines: readonly string[]): readonly string[] {
  const line = lines.find((candidate) => candidate.startsWith('calls to AWS')) ?? '';
  return [...line.matchAll(/([\w-]+) \d+ > \d+/g)].map(([, name = '']) => name).toSorted();
}
