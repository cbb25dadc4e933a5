import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeHost, type FakeHostOptions } from '../../test/fakes/host.ts';
import { FakeKube } from '../../test/fakes/kube-server.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../test/fakes/temporary-directory.ts';
import type { Condition, SyncStatus } from '../controller/sync-status.ts';
import { resources } from '../kube/objects.ts';
import { runProgram } from './program.ts';
import { createStatusCommand } from './status.ts';

let home: TemporaryDirectory;
let kube: FakeKube;

beforeEach(async () => {
  home = createTemporaryDirectory();
  kube = await FakeKube.start({ now: () => Date.UTC(2026, 0, 1) });
  writeFileSync(join(home.path, 'config'), toKubeconfig('shop'));
});

afterEach(async () => {
  await kube[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

/** As kubectl reads it: JSON is YAML. */
function toKubeconfig(namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: kube.listener.address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'fake', user: { token: 'own-token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake', namespace } }],
    'current-context': 'fake',
  });
}

function start(argv: readonly string[], options: FakeHostOptions = {}) {
  const host = new FakeHost({ ...options, env: { KUBECONFIG: join(home.path, 'config'), ...options.env } });
  const commands = { status: { summary: 'Show', load: async () => createStatusCommand() } };
  return { host, code: runProgram(['status', ...argv], { commands, version: '0', host }) };
}

async function run(argv: readonly string[], options?: FakeHostOptions) {
  const { host, code } = start(argv, options);
  return { code: await code, out: host.outText, err: host.errText };
}

function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 });
}

interface SyncOptions {
  readonly ready?: Condition['status'];
  readonly reason?: string;
  readonly suspend?: boolean;
  readonly observedGeneration?: number;
  readonly status?: SyncStatus;
}

function put(namespace: string, name: string, { ready = 'True', reason = 'Synced', ...more }: SyncOptions = {}): void {
  const status = more.status ?? {
    observedGeneration: more.observedGeneration ?? 1,
    lastChangeTime: '2026-01-01T00:00:00Z',
    secrets: [{ name, state: ready === 'True' ? 'Synced' : 'Failed' }],
    conditions: [
      { type: 'Reconciling', status: 'True', reason: 'X', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'Ready', status: ready, reason, message: `${name} it is`, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  };
  const spec = { secretProviderClassName: name, serviceAccountName: name, suspend: more.suspend ?? false };
  kube.put(resources.syncs, { metadata: { namespace, name }, spec, status });
}

describe('lockstep status', () => {
  it('shows the namespace of the context, in order, and what it comes to', async () => {
    put('shop', 'web');
    put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    put('billing', 'other');

    const { code, out, err } = await run([]);

    expect({ code, err }).toEqual({ code: 0, err: '1 ready, 1 failing\n' });
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, '|').replace(/\|\d+d\|\d+d\|/, '|AGE|'))).toEqual([
      'NAME|READY|REASON|SECRETS|LAST-CHANGE|AGE|MESSAGE',
      'db|False|VaultDenied|0/1|AGE|db it is',
      'web|True|Synced|1/1|AGE|web it is',
      '',
    ]);
  });

  it.for([
    [['-n', 'billing'], ['other']],
    [['-A'], ['billing/other', 'shop/db']],
    [
      ['-A', '-n', 'shop'],
      ['billing/other', 'shop/db'],
    ],
    [[], ['db']],
  ] as const)('with %j shows %j', async ([argv, names]) => {
    put('shop', 'db');
    put('billing', 'other');

    const { out } = await run(argv);

    const rows = out.trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, names[0].split('/').length).join('/'))).toEqual(names);
  });

  it('shows those of default when the context names no namespace', async () => {
    writeFileSync(join(home.path, 'config'), toKubeconfig());
    put('default', 'db');

    expect((await run([])).out).toMatch(/^db /m);
  });

  it('prints everything it knows as JSON', async () => {
    put('shop', 'db', { ready: 'False', reason: 'VaultDenied', observedGeneration: 0 });
    put('shop', 'new', { status: {} });

    const { out, err } = await run(['-o', 'json']);

    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual([
      {
        namespace: 'shop',
        name: 'db',
        state: 'pending',
        ready: false,
        reason: 'VaultDenied',
        message: 'db it is',
        secrets: [{ name: 'db', state: 'Failed' }],
        lastChange: '2026-01-01T00:00:00Z',
        created: '2026-01-01T00:00:00Z',
        observedGeneration: 0,
        stale: true,
      },
      {
        namespace: 'shop',
        name: 'new',
        state: 'pending',
        ready: false,
        reason: '',
        message: 'no controller has looked at it yet',
        secrets: [],
        lastChange: null,
        created: '2026-01-01T00:00:00Z',
        observedGeneration: null,
        stale: true,
      },
    ]);
  });

  it.for<readonly [string, SyncOptions, 0 | 1, string]>([
    ['is ready', {}, 0, '1 ready'],
    ['fails', { ready: 'False', reason: 'VaultDenied' }, 1, '0 ready, 1 failing'],
    ['was ready before its last change', { observedGeneration: 0 }, 1, '0 ready, 1 pending'],
    ['is not known to be ready', { ready: 'Unknown' }, 1, '0 ready, 1 pending'],
    ['was never looked at', { status: {} }, 1, '0 ready, 1 pending'],
    ['is suspended while it fails', { ready: 'False', suspend: true }, 0, '0 ready, 1 suspended'],
  ])('with --exit-code ends accordingly when a sync %s', async ([, options, code, summary]) => {
    put('shop', 'db', options);

    expect(await run(['--exit-code'])).toMatchObject({ code, err: `${summary}\n` });
    expect((await run([])).code).toBe(0);
  });

  it('says so when there is nothing', async () => {
    expect(await run(['--exit-code'])).toEqual({
      code: 0,
      out: '',
      err: 'there is no SecretProviderClassSync in namespace shop; -A shows those of all namespaces\n',
    });
    expect(await run(['-A'])).toMatchObject({ out: '', err: 'there is no SecretProviderClassSync\n' });
    expect(await run(['-o', 'json'])).toEqual({ code: 0, out: '[]\n', err: '' });
  });

  it('cuts messages to the terminal of standard output alone', async () => {
    put('shop', 'db', { status: { conditions: [{ ...condition, message: 'long '.repeat(100) }] } });

    expect((await run([], { columns: 100 })).out.split('\n')[1]).toHaveLength(100);
    expect((await run([])).out).toContain('long '.repeat(99));
  });

  it.for([[['-A']], [['-A', '--watch']]])(
    'with %j says what to install when the kind is unknown',
    async ([argv = []]) => {
      kube.served.clear();

      expect(await run(argv)).toEqual({
        code: 1,
        out: '',
        err: 'lockstep: this cluster knows no SecretProviderClassSync; install the CRDs with: kubectl apply -f deploy/crds\n',
      });
    },
  );

  it.for([[['-n', 'shop']], [['-n', 'shop', '--watch']]])(
    'with %j says which right is missing',
    async ([argv = []]) => {
      kube.forbid({ verb: 'list' });

      const { code, out, err } = await run(argv);

      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^lockstep: .*list.*secretproviderclasssyncs.*shop.*\n$/);
    },
  );

  it('finds no kubeconfig where there is none', async () => {
    const { code, err } = await run([], { env: { KUBECONFIG: '', HOME: join(home.path, 'nowhere') } });

    expect(code).toBe(1);
    expect(err).toContain('nowhere/.kube/config); name one with --kubeconfig or KUBECONFIG');
  });

  it('refuses a wrong namespace and an unknown format at once', async () => {
    expect(await run(['-n', 'Shop', '-o', 'yaml'])).toMatchObject({ code: 2, out: '' });
  });
});

const condition: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'VaultDenied',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

describe('lockstep status --watch', () => {
  it('goes on with a line for every change that shows, until it is stopped', async () => {
    put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    const { host, code } = start(['--watch', '--exit-code']);
    await eventually(() => expect(host.errText).toBe('0 ready, 1 failing\n'));

    put('shop', 'db');
    put('shop', 'db');
    put('shop', 'web');
    put('billing', 'other');
    kube.remove(resources.syncs, 'shop', 'web');
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
    put('shop', 'db');
    const { host, code } = start(['-w', '-o', 'json', '--exit-code']);
    await eventually(() => expect(host.outText).not.toBe(''));
    put('shop', 'db', { ready: 'False' });
    await eventually(() => expect(host.outText).toContain('failing'));
    host.terminate();

    expect(await code).toBe(1);
    const lines = host.outText.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['ready', 'failing']);
  });

  it('tells when the API server is gone, and goes on when it is back', async () => {
    put('shop', 'db');
    const { host, code } = start(['--watch']);
    await eventually(() => expect(host.errText).toBe('1 ready\n'));
    kube.script({ verb: 'watch' }, 'reset', { times: 1 });
    kube.watches.end();
    await eventually(() => expect(host.errText).toContain('watch failed'));
    put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    await eventually(() => expect(host.outText).toContain('VaultDenied'));
    host.terminate();

    expect(await code).toBe(0);
  });
});
