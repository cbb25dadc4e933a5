import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StatusUnderTest, type SyncOptions } from '../../test/fakes/status-under-test.ts';

let status: StatusUnderTest;

beforeEach(async () => {
  status = await StatusUnderTest.start();
});

afterEach(() => status[Symbol.asyncDispose]());

describe('lockstep status', () => {
  it('shows the namespace of the context, in order, and what it comes to', async () => {
    status.put('shop', 'web');
    status.put('shop', 'db', { ready: 'False', reason: 'VaultDenied' });
    status.put('billing', 'other');

    const { code, out, err } = await status.run([]);

    expect({ code, err }).toEqual({ code: 0, err: '1 ready, 1 failing\n' });
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, '|').replace(/\|\d+d\|\d+d\|/, '|AGE|'))).toEqual([
      'NAME|READY|REASON|SECRETS|ROLLOUT|LAST-CHANGE|AGE|MESSAGE',
      'db|False|VaultDenied|0/1|-|AGE|db it is',
      'web|True|Synced|1/1|-|AGE|web it is',
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
    status.put('shop', 'db');
    status.put('billing', 'other');

    const { out } = await status.run(argv);

    const rows = out.trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, names[0].split('/').length).join('/'))).toEqual(names);
  });

  it('shows those of default when the context names no namespace', async () => {
    status.writeKubeconfig(undefined);
    status.put('default', 'db');

    expect((await status.run([])).out).toMatch(/^db /m);
  });

  it('prints everything it knows as JSON', async () => {
    status.put('shop', 'db', { ready: 'False', reason: 'VaultDenied', observedGeneration: 0 });
    status.put('shop', 'new', { status: {} });

    const { out, err } = await status.run(['-o', 'json']);

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
        rollout: null,
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
        rollout: null,
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
    status.put('shop', 'db', options);

    expect(await status.run(['--exit-code'])).toMatchObject({ code, err: `${summary}\n` });
    expect((await status.run([])).code).toBe(0);
  });

  it('says so when there is nothing', async () => {
    expect(await status.run(['--exit-code'])).toEqual({
      code: 0,
      out: '',
      err: 'there is no SecretProviderClassSync in namespace shop; -A shows those of all namespaces\n',
    });
    expect(await status.run(['-A'])).toMatchObject({ out: '', err: 'there is no SecretProviderClassSync\n' });
    expect(await status.run(['-o', 'json'])).toEqual({ code: 0, out: '[]\n', err: '' });
  });

  it('cuts messages to the terminal of standard output alone', async () => {
    const message = 'long '.repeat(100);
    const condition = { type: 'Ready', status: 'False', reason: 'X', message, lastTransitionTime: '' } as const;
    status.put('shop', 'db', { status: { conditions: [condition] } });

    expect((await status.run([], { columns: 100 })).out.split('\n')[1]).toHaveLength(100);
    expect((await status.run([])).out).toContain('long '.repeat(99));
  });

  it.for([[['-A']], [['-A', '--watch']]])(
    'with %j says what to install when the kind is unknown',
    async ([argv = []]) => {
      status.kube.served.clear();

      expect(await status.run(argv)).toEqual({
        code: 1,
        out: '',
        err: 'lockstep: this cluster knows no SecretProviderClassSync; install the CRDs with: kubectl apply -f deploy/crds\n',
      });
    },
  );

  it.for([[['-n', 'shop']], [['-n', 'shop', '--watch']]])(
    'with %j says which right is missing',
    async ([argv = []]) => {
      status.kube.forbid({ verb: 'list' });

      const { code, out, err } = await status.run(argv);

      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^lockstep: .*list.*secretproviderclasssyncs.*shop.*\n$/);
    },
  );

  it('finds no kubeconfig where there is none', async () => {
    const { code, err } = await status.run([], { env: { KUBECONFIG: '', HOME: join(status.home, 'nowhere') } });

    expect(code).toBe(1);
    expect(err).toContain('nowhere/.kube/config); name one with --kubeconfig or KUBECONFIG');
  });

  it('refuses a wrong namespace and an unknown format at once', async () => {
    expect(await status.run(['-n', 'Shop', '-o', 'yaml'])).toMatchObject({ code: 2, out: '' });
  });
});
