import { describe, expect, it } from 'vitest';

import { classOf, type Parts, syncOf } from '../../../test/fakes/sync-objects.ts';
import { SecretError } from '../../core/errors.ts';
import type { Condition } from '../../kube/condition.ts';
import type { Attempt } from '../attempt.ts';
import { buildStatus, sameStatus } from './build-status.ts';
import type { SecretStatus, SyncStatus } from './sync-status.ts';

const now = new Date('2026-01-02T03:04:05.678Z');
const later = new Date('2026-01-02T04:00:00Z');
const nothing: Attempt = { changes: [], contested: [], failures: [] };
const synced: Attempt = {
  ...nothing,
  class: classOf(),
  objects: [{ name: 'a', version: '1' }],
  secrets: [{ name: 'db', state: 'Synced', uid: 'u' }],
  changes: ['created'],
};
const denied = new SecretError('VAULT_DENIED', 'object "a": Vault denies role app to read secret/a');
const unreachable = new SecretError('VAULT_UNREACHABLE', 'object "b": no connection to Vault');

function build(attempt: Attempt, parts: Parts = {}, at = now): SyncStatus {
  return buildStatus({ sync: syncOf(parts), attempt, nowMs: at.getTime() });
}

function condition(status: SyncStatus, type = 'Ready'): Condition | undefined {
  return status.conditions?.find((each) => each.type === type);
}

function types({ conditions = [] }: SyncStatus): readonly string[] {
  return conditions.map(({ type }) => type);
}

describe('buildStatus', () => {
  it('says what a first sync came to', () => {
    expect(build(synced)).toEqual({
      observedGeneration: 3,
      observedClass: { name: 'db', uid: 'class-uid', generation: 3 },
      lastChangeTime: '2026-01-02T03:04:05Z',
      objects: [{ name: 'a', version: '1' }],
      secrets: [{ name: 'db', state: 'Synced', uid: 'u' }],
      secretCount: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Synced',
          message: '1 Secret is current',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-02T03:04:05Z',
        },
      ],
    });
  });

  it('is the same an hour later when nothing happened', () => {
    const status = build(synced);
    expect(build({ ...synced, changes: [] }, { status }, later)).toEqual(status);
  });

  it('keeps the time of a transition until the status flips', () => {
    const status = build(synced);
    const failed = build({ ...nothing, failures: [denied] }, { status }, later);
    expect(condition(failed)?.lastTransitionTime).toBe('2026-01-02T04:00:00Z');
    const otherwise = build(
      { ...nothing, failures: [unreachable] },
      { status: failed },
      new Date('2026-02-02T00:00:00Z'),
    );
    expect(condition(otherwise)).toMatchObject({
      reason: 'VaultUnreachable',
      lastTransitionTime: '2026-01-02T04:00:00Z',
    });
  });

  it.for([
    ['created', true],
    ['changed', true],
    ['adopted', true],
    ['drift', false],
  ] as const)('takes a Secret that was %s for a change of content: %s', ([change, isChange]) => {
    const status = { lastChangeTime: '2025-01-01T00:00:00Z' };
    const { lastChangeTime } = build({ ...synced, changes: [change] }, { status });
    expect(lastChangeTime).toBe(isChange ? '2026-01-02T03:04:05Z' : status.lastChangeTime);
  });

  describe('of a failure', () => {
    it('names the cause and keeps what is still there', () => {
      const before = build(synced);
      const status = build({ ...nothing, failures: [denied] }, { status: before });
      expect(condition(status)).toMatchObject({ status: 'False', reason: 'VaultDenied', message: denied.message });
      const { objects, secrets, secretCount, observedClass, lastChangeTime } = before;
      expect(status).toMatchObject({ objects, secrets, secretCount, observedClass, lastChangeTime });
    });

    it('takes the reason of the first and the messages of all, each once', () => {
      const status = build({ ...nothing, failures: [unreachable, denied, unreachable] });
      expect(condition(status)).toMatchObject({
        reason: 'VaultUnreachable',
        message: `${unreachable.message}; ${denied.message}`,
      });
    });

    it('keeps the versions of objects that were not fetched this time', () => {
      const before = {
        objects: [
          { name: 'a', version: '1' },
          { name: 'b', version: '1' },
        ],
      };
      const fetched = [{ name: 'b', version: '2' }];
      const { objects } = build({ ...nothing, objects: fetched, failures: [denied] }, { status: before });
      expect(objects).toEqual([
        { name: 'a', version: '1' },
        { name: 'b', version: '2' },
      ]);
      expect(build({ ...nothing, objects: fetched }, { status: before }).objects).toEqual(fetched);
    });

    it.for([
      ['VAULT_DENIED', 'Stalled'],
      ['SYNC_INVALID', 'Stalled'],
      ['KUBE_FORBIDDEN', 'Stalled'],
      ['VAULT_TLS', 'Stalled'],
      ['VAULT_UNREACHABLE', 'Reconciling'],
      ['TOKEN_REQUEST_FAILED', 'Reconciling'],
      ['VAULT_ANSWER_INVALID', 'Reconciling'],
      ['INTERNAL', 'Reconciling'],
    ] as const)('%s is %s', ([code, type]) => {
      const status = build({ ...nothing, failures: [new SecretError(code, 'why')] });
      expect(types(status)).toEqual(['Ready', type]);
      expect(condition(status, type)).toMatchObject({ status: 'True', message: 'why' });
    });

    it('is stalled when one of several needs a person, and not reconciling as well', () => {
      expect(types(build({ ...nothing, failures: [unreachable, denied] }))).toEqual(['Ready', 'Stalled']);
    });

    it('is over when it is over', () => {
      const status = build({ ...nothing, failures: [denied] });
      expect(types(build(synced, { status }))).toEqual(['Ready']);
    });

    it('has a message of one line and 1024 bytes at most that says how many it leaves out', () => {
      const failures = Array.from(
        { length: 100 },
        (_, index) => new SecretError('VAULT_DENIED', `object ${index}:\n\tdenied é`),
      );
      const message = condition(build({ ...nothing, failures }))?.message ?? '';
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
      expect(message).toMatch(/^object 0: denied é; .* and \d+ more$/);
    });
  });

  describe('of a suspended sync', () => {
    it('keeps the last Ready status and everything else, and handles no request', () => {
      const status = build(synced);
      const metadata = { annotations: { 'lockstep.dev/force-sync': '2' } };
      const suspended = build(nothing, { status, metadata, spec: { suspend: true } });
      expect(suspended).toMatchObject({ secrets: status.secrets, secretCount: 1 });
      expect(condition(suspended)).toMatchObject({ status: 'True', reason: 'Suspended' });
      expect(suspended).not.toHaveProperty('lastHandledSyncRequest');
    });

    it('stays false where it was, without waiting for anything', () => {
      const status = build({ ...nothing, failures: [denied] });
      const suspended = build(nothing, { status, spec: { suspend: true } });
      expect(types(suspended)).toEqual(['Ready']);
      expect(condition(suspended)).toMatchObject({ status: 'False', reason: 'Suspended' });
    });

    it('is unknown where it never was anything', () => {
      expect(condition(build(nothing, { spec: { suspend: true } }))?.status).toBe('Unknown');
    });
  });

  it('echoes the request that was acted upon, also when it failed, and remembers it', () => {
    const metadata = { annotations: { 'lockstep.dev/force-sync': '2' } };
    const status = build({ ...nothing, failures: [denied] }, { metadata });
    expect(status.lastHandledSyncRequest).toBe('2');
    expect(build(synced, { status }).lastHandledSyncRequest).toBe('2');
  });

  it('reports by name what mode Shadow found', () => {
    const secrets: readonly SecretStatus[] = [
      { name: 'same', state: 'Identical' },
      { name: 'other', state: 'Different', differingKeys: ['password', 'user'] },
      { name: 'typed', state: 'Different', differingKeys: [] },
      { name: 'missing', state: 'Absent' },
    ];
    const status = build({ ...nothing, secrets }, { spec: { mode: 'Shadow' } });
    expect(condition(status)).toMatchObject({
      status: 'True',
      reason: 'Shadowed',
      message:
        'mode Shadow writes nothing; 1 of 4 Secrets are identical; Secret other differs in password, user; ' +
        'Secret typed differs in its type; there is no Secret missing',
    });
  });

  it('says who else wants a Secret', () => {
    const contested = [{ secret: 'db', by: ['x', 'y'] }];
    const { message } = condition(build({ ...synced, contested })) ?? {};
    expect(message).toBe('1 Secret is current; Secret db is also wanted by x, y');
  });
});

describe('sameStatus', () => {
  const status = build(synced);

  it('does not mind the order of fields and conditions', () => {
    const failed = build({ ...nothing, failures: [denied] });
    const turned = Object.fromEntries(Object.entries(failed).toReversed());
    expect(sameStatus(failed, { ...turned, conditions: failed.conditions?.toReversed() ?? [] })).toBe(true);
  });

  it.for([
    ['the generation', { observedGeneration: 4 }],
    ['the class', { observedClass: { name: 'db', uid: 'other', generation: 3 } }],
    ['a version', { objects: [{ name: 'a', version: '2' }] }],
    ['a state', { secrets: [{ name: 'db', state: 'Failed' }] }],
    ['a request', { lastHandledSyncRequest: '1' }],
    ['a condition', { conditions: [] }],
  ] as const)('minds %s', ([, part]) => {
    expect(sameStatus(status, { ...status, ...part })).toBe(false);
  });
});
