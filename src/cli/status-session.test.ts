import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { StatusUnderTest } from '../../test/fakes/status-under-test.ts';
import { resources } from '../kube/objects.ts';

let status: StatusUnderTest;

beforeEach(async () => {
  status = await StatusUnderTest.start();
});

afterEach(() => status[Symbol.asyncDispose]());

function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 });
}

describe('lockstep status --watch', () => {
  it('goes on with a line for every change that shows, until it is stopped', async () => {
    status.put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    const { host, code } = status.start(['--watch', '--exit-code']);
    await eventually(() => expect(host.errText).toBe('0 ready, 1 failing\n'));

    status.put('shop', 'db');
    status.put('shop', 'db');
    status.put('shop', 'web');
    status.put('billing', 'other');
    status.kube.remove(resources.syncs, 'shop', 'web');
    await eventually(() => expect(host.outText).toContain('it was deleted'));
    host.terminate();

    expect(await code).toBe(0);
    const rows = host.outText.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3).join(' '))).toEqual([
      'NAME READY REASON',
      'db False VaultDenied',
      'db True Synced',
      'web True Synced',
      'web False Deleted',
    ]);
  });

  it('prints an object a line as JSON', async () => {
    status.put('shop', 'db');
    const { host, code } = status.start(['-w', '-o', 'json', '--exit-code']);
    await eventually(() => expect(host.outText).not.toBe(''));
    status.put('shop', 'db', { ready: 'False' });
    await eventually(() => expect(host.outText).toContain('failing'));
    host.terminate();

    expect(await code).toBe(1);
    const lines = host.outText.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['ready', 'failing']);
  });

  it('tells when the API server is gone, and goes on when it is back', async () => {
    status.put('shop', 'db');
    const { host, code } = status.start(['--watch']);
    await eventually(() => expect(host.errText).toBe('1 ready\n'));
    status.kube.script({ verb: 'watch' }, 'reset', { times: 1 });
    status.kube.watches.end();
    await eventually(() => expect(host.errText).toContain('watch failed'));
    status.put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    await eventually(() => expect(host.outText).toContain('VaultDenied'));
    host.terminate();

    expect(await code).toBe(0);
  });
});
