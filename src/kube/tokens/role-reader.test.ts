import { describe, expect } from 'vitest';

import { type AnsweringKube, it as base } from '../../../test/fakes/answering-kube.ts';
import { FakeClock } from '../../../test/fakes/clock.ts';
import type { Caller } from '../../core/caller.ts';
import { createRoleReader } from './role-reader.ts';

const role = 'arn:aws:iam::1:role/web';
const { signal } = new AbortController();
const it = base
  .extend('clock', () => new FakeClock())
  .extend('reader', ({ clock, kube }) => createRoleReader(kube.config, { clock }));

function annotate(kube: AnsweringKube, annotations?: Readonly<Record<string, string>>): void {
  const metadata = { name: 'web', ...(annotations && { annotations }) };
  kube.reply(200, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

function caller(serviceAccount = 'web'): Caller {
  return { kind: 'pod', namespace: 'shop', serviceAccount, tokens: new Map(), secrets: new Map() };
}

describe('the role reader', () => {
  it('reads the annotation of the service account, and keeps it for five minutes', async ({ clock, kube, reader }) => {
    annotate(kube, { 'eks.amazonaws.com/role-arn': role });

    expect(await reader.roleOf(caller(), { signal })).toBe(role);
    await clock.advance(299_000);
    expect(await reader.roleOf(caller(), { signal })).toBe(role);
    expect(kube.seen).toEqual(['GET /api/v1/namespaces/shop/serviceaccounts/web']);

    annotate(kube, { 'eks.amazonaws.com/role-arn': 'another' });
    await clock.advance(1_000);
    expect(await reader.roleOf(caller(), { signal })).toBe('another');
  });

  it('asks once for all who ask meanwhile, and for each account', async ({ kube, reader }) => {
    annotate(kube, { 'eks.amazonaws.com/role-arn': role });

    await Promise.all(['web', 'web', 'db', 'web'].map((name) => reader.roleOf(caller(name), { signal })));
    expect(kube.seen).toHaveLength(2);
  });

  it.for([undefined, {}, { 'eks.amazonaws.com/role-arn': '' }, { other: 'x' }])(
    'finds none in the annotations %j, and looks again the next time',
    async (annotations, { kube, reader }) => {
      annotate(kube, annotations);
      expect(await reader.roleOf(caller(), { signal })).toBeUndefined();

      annotate(kube, { 'eks.amazonaws.com/role-arn': role });
      expect(await reader.roleOf(caller(), { signal })).toBe(role);
    },
  );

  it('looks again for a role that was refused, unless it has just looked', async ({ clock, kube, reader }) => {
    annotate(kube, { 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    annotate(kube, { 'eks.amazonaws.com/role-arn': 'corrected' });

    expect(await reader.roleOf(caller(), { signal, refused: role })).toBe(role);
    await clock.advance(5_000);
    expect(await reader.roleOf(caller(), { signal, refused: 'another' })).toBe(role);
    expect(await reader.roleOf(caller(), { signal, refused: role })).toBe('corrected');
    expect(kube.seen).toHaveLength(2);
  });

  it('goes on with what it knows for an hour while the API server is out, and does not ask each time', async ({
    clock,
    kube,
    reader,
  }) => {
    annotate(kube, { 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    kube.reply(503, { message: 'out of order' });
    await clock.advance(300_000);

    for (let round = 0; round < 3; round++) expect(await reader.roleOf(caller(), { signal })).toBe(role);
    expect(kube.seen).toHaveLength(2);
    await clock.advance(3_600_000);
    await expect(reader.roleOf(caller(), { signal })).rejects.toMatchObject({ code: 'AWS_ROLE_LOOKUP_FAILED' });
  });

  it('does not go on with a role of an account that is gone', async ({ clock, kube, reader }) => {
    annotate(kube, { 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    kube.reply(404, { message: 'serviceaccounts "web" not found' });
    await clock.advance(300_000);

    await expect(reader.roleOf(caller(), { signal })).rejects.toThrow('the service account is gone');
  });

  it.for([
    [403, ': serviceaccounts "web" is forbidden', "let lockstep's service account get serviceaccounts, or set roleArn"],
    [404, ': serviceaccounts "web" not found', 'the service account is gone'],
    // The client knows this one, and drops what it says.
    [401, '', "check lockstep's own credentials for the API server"],
    [500, ': sorry', 'it is asked again with the next mount; with roleArn there is no need to'],
  ] as const)('explains an answer %i', async ([status, words, remedy], { kube, reader }) => {
    kube.reply(status, { kind: 'Status', message: words.slice(2) });

    await expect(reader.roleOf(caller(), { signal })).rejects.toMatchObject({
      code: 'AWS_ROLE_LOOKUP_FAILED',
      message: `no role for service account shop/web: the API server answered ${status}${words}; ${remedy}`,
    });
  });

  it('gives up with the reason of the signal, and in ten seconds', async ({ clock, kube, reader }) => {
    const controller = new AbortController();
    kube.answer = () => {
      controller.abort(new Error('gone'));
      return 'hang';
    };
    await expect(reader.roleOf(caller(), { signal: controller.signal })).rejects.toThrow('gone');

    const arrived = Promise.withResolvers<void>();
    kube.answer = () => {
      arrived.resolve();
      return 'hang';
    };
    const read = reader.roleOf(caller(), { signal });
    await arrived.promise;
    await Promise.all([expect(read).rejects.toMatchObject({ code: 'AWS_ROLE_LOOKUP_FAILED' }), clock.advance(10_000)]);
  });
});
