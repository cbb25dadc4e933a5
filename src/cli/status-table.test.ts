import { describe, expect, it } from 'vitest';

import type { StatusEntry } from './status-entry.ts';
import { formatAge, StatusTable } from './status-table.ts';

const now = Date.UTC(2026, 0, 2, 12);
const synced: StatusEntry = {
  namespace: 'shop',
  name: 'db',
  state: 'ready',
  ready: true,
  reason: 'Synced',
  message: '2 Secrets are current',
  secrets: [
    { name: 'db', state: 'Synced' },
    { name: 'db-tls', state: 'Identical' },
  ],
  rollout: null,
  lastChange: '2026-01-02T11:48:00Z',
  created: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
  stale: false,
};
const denied: StatusEntry = {
  ...synced,
  namespace: 'billing',
  name: 'payments',
  state: 'failing',
  ready: false,
  reason: 'VaultDenied',
  message: 'object "key": Vault answered 403',
  secrets: [
    { name: 'a', state: 'Synced' },
    { name: 'b', state: 'Failed' },
  ],
};
const fresh: StatusEntry = {
  ...synced,
  name: 'new',
  state: 'pending',
  ready: false,
  reason: '',
  message: 'no controller has looked at it yet',
  secrets: [],
  lastChange: null,
  created: '2026-01-02T11:59:15Z',
};

function createTable(columns?: number, hasNamespace = true): StatusTable {
  return new StatusTable({ hasNamespace, columns: () => columns, now: () => now });
}

describe('the table of a status', () => {
  it('aligns what there is under its names', () => {
    expect(createTable().format([denied, synced, fresh])).toBe(
      `NAMESPACE   NAME       READY     REASON        SECRETS   ROLLOUT   LAST-CHANGE   AGE   MESSAGE
billing     payments   False     VaultDenied   1/2       -         12m           36h   object "key": Vault answered 403
shop        db         True      Synced        2/2       -         12m           36h   2 Secrets are current
shop        new        Unknown   -             0/0       -         -             45s   no controller has looked at it yet
`,
    );
  });

  it.for([
    ['how far a rollout is, and what it waits for', synced, 'InProgress 3/10', 'web is in progress'],
    ['first why Secrets are not current', denied, 'InProgress 3/10', 'object "key": Vault answered 403'],
  ] as const)('says %s', ([, entry, cell, message]) => {
    const rollout = {
      complete: false,
      reason: 'InProgress',
      message: 'web is in progress',
      version: '0123456789ab',
      total: 10,
      updated: 3,
      inProgress: 1,
      failed: 0,
      held: 0,
      waiting: 6,
      estimatedCompletion: null,
      oldestInUse: [],
    };
    const [, line = ''] = createTable()
      .format([{ ...entry, rollout }])
      .split('\n');

    expect(line.split(/ {2,}/)).toEqual(expect.arrayContaining([cell, message]));
  });

  it('says of a rollout that is complete what became of the Secrets', () => {
    const rollout = {
      complete: true,
      reason: 'Complete',
      message: 'all of them have it',
      version: '0123456789ab',
      total: 1,
      updated: 1,
      inProgress: 0,
      failed: 0,
      held: 0,
      waiting: 0,
      estimatedCompletion: null,
      oldestInUse: [],
    };

    expect(createTable().format([{ ...synced, rollout }])).toMatch(/Complete 1\/1 .* 2 Secrets are current$/m);
  });

  it('leaves the namespace out where all are of the same', () => {
    expect(createTable(undefined, false).format([synced])).toMatch(/^NAME +READY .*\ndb +True /);
  });

  it('is empty, and without names, when there is nothing', () => {
    expect(createTable().format([])).toBe('');
  });

  it('puts what comes later under what was there, wider where it has to be', () => {
    const table = createTable();
    const [, first = ''] = table.format([synced]).split('\n');

    expect(table.format([synced])).toBe(`${first}\n`);
    const long = table.format([{ ...synced, name: 'a-rather-long-name' }]);
    expect(long.indexOf('True')).toBeGreaterThan(first.indexOf('True'));
    expect(table.format([synced]).indexOf('True')).toBe(long.indexOf('True'));
  });

  it('cuts a message to the terminal, and never to nothing', () => {
    const message = 'Vault '.repeat(40);
    const [, line = ''] = createTable(110)
      .format([{ ...denied, message }])
      .split('\n');
    const [, narrow = ''] = createTable(10)
      .format([{ ...denied, message }])
      .split('\n');

    expect(line).toHaveLength(110);
    expect(line).toMatch(/ {3}Vault Vault Vault Vault …$/);
    expect(narrow).toMatch(/ {3}Vault Vault Vault V…$/);
  });

  it('lets no message break a line or steer the terminal', () => {
    const table = createTable().format([{ ...denied, message: 'a\u001B[2J\r\nb\u2028c\u202Ed\u0085' }]);

    expect(table.split('\n')).toHaveLength(3);
    expect(table).toMatch(/ {3}a \[2J b c d\n$/);
  });

  it('shows no age for a time that is none', () => {
    expect(createTable().format([{ ...synced, created: 'yesterday' }])).toMatch(/ 12m +- /);
  });
});

it.for([
  [-5000, '0s'],
  [0, '0s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [7_199_000, '119m'],
  [7_200_000, '2h'],
  [172_799_000, '47h'],
  [172_800_000, '2d'],
  [86_400_000 * 400, '400d'],
] as const)('%d ms are %s', ([ms, text]) => {
  expect(formatAge(ms)).toBe(text);
});
