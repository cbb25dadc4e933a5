import { describe, expect } from 'vitest';

import { createReplica, it, lease, leaseSpec } from '../../../test/fakes/replica.ts';
import { SecretError } from '../../core/errors.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { alwaysLeader } from './always-leader.ts';
import { resources } from '../objects.ts';

describe('a leader that stops', () => {
  it('ends its term, then gives the lease back, so that the next one need not wait', async ({ client, one }) => {
    await one.start();
    await one.clock.advance(3_000);
    const order: string[] = [];
    one.terms[0]?.addEventListener('abort', () => order.push('the term ends'), { once: true });
    client.before = ({ what }) => void order.push(what);
    await one.stop();

    expect(order).toEqual(['the term ends', 'get leases lockstep/controller', 'update leases lockstep/controller']);
    expect(leaseSpec(client)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(one.holds()).toBe(false);
    expect(await one.leader()).toBe(0);
    expect(one.clock.waiting).toBe(0);

    const two = createReplica('two', { client });
    await two.start();
    await two.clock.advance(0);
    expect(two.holds()).toBe(true);
    expect(leaseSpec(client)).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('does not take away what another one has taken meanwhile', async ({ client, one }) => {
    await one.start();
    await one.clock.advance(0);
    client.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'other' } });
    await one.stop();

    expect(leaseSpec(client)).toEqual({ holderIdentity: 'other' });
  });

  it('begins no term with a claim that works at that very moment', async ({ client }) => {
    let stopped = Promise.resolve();
    const late = createReplica('late', { client });
    const create = client.create.bind(client);
    client.create = async (...call) => {
      const made = await create(...call);
      stopped = late.stop();
      return made;
    };
    await late.start();
    await late.clock.advance(0);
    await stopped;

    expect(late.terms).toEqual([]);
    expect(leaseSpec(client)).toMatchObject({ holderIdentity: '' });
  });

  it('stops without the API server, too, and in a hurry', async ({ client, one }) => {
    await one.start();
    await one.clock.advance(0);
    client.before = () => Promise.reject(new SecretError('KUBE_UNREACHABLE', 'no connection'));
    await one.stop();
    expect(one.logged('warn').join()).toContain('lease not released');

    const hurried = createReplica('two');
    await hurried.start();
    await hurried.clock.advance(0);
    hurried.client.before = () => new Promise(() => {});
    await hurried.election.stop(AbortSignal.abort());
    expect(hurried.holds()).toBe(false);
  });
});

it('a follower that stops asks for nothing', async ({ client, one }) => {
  client.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'other', leaseDurationSeconds: 15 } });
  await one.start();
  await one.clock.advance(0);
  const before = client.calls.length;
  await one.stop();

  expect(client.calls).toHaveLength(before);
  expect(one.clock.waiting).toBe(0);
});

it('whoever comes during a term is told at once, and who fails to listen keeps nobody from hearing', async ({
  one,
}) => {
  one.election.onTerm(() => {
    throw new Error('deaf');
  });
  const heard: AbortSignal[] = [];
  one.election.onTerm((term) => heard.push(term));
  await one.start();
  await one.clock.advance(0);
  one.election.onTerm((term) => heard.push(term));

  expect(heard).toEqual([one.terms[0], one.terms[0]]);
  expect(one.logged('error')).toHaveLength(1);
});

it('without an election one term lasts from the start to the end', async () => {
  const metrics = createMetrics();
  const { signal } = new AbortController();
  const logger = createLogger({ level: 'error', format: 'json', write: () => undefined });
  const election = alwaysLeader({ logger, metrics });
  const terms: AbortSignal[] = [];
  election.onTerm((term) => terms.push(term));
  expect(election.holds()).toBe(false);

  await election.start(signal);
  expect(election.holds()).toBe(true);
  expect((await metrics.leader.get()).values[0]?.value).toBe(1);

  await election.stop(signal);
  expect(election.holds()).toBe(false);
  expect(terms.map(({ aborted }) => aborted)).toEqual([true]);
});
