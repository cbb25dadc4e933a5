import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, secretOf, SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
  under = await ControllerUnderTest.start({ world });
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A sync that wants the Secret `shared`. */
function putClaimant(name: string, spec: object = {}): void {
  world.values.set(name, `value of ${name}`);
  world.putClass(name, { secretObjects: [secretOf('shared')] });
  world.putSync(name, { interval: '0s', ...spec });
}

/** `first` has the Secret, and `second` wants it too. */
async function contend(spec: object, first: object = {}): Promise<void> {
  putClaimant('first', first);
  await under.settled();
  putClaimant('second', spec);
  await under.settled();
}

describe('two syncs that want one Secret', () => {
  it.for(['Never', 'IfIdentical', 'Always'])('are both told, and the first keeps it ($0)', async (adoptionPolicy) => {
    await contend({ adoptionPolicy });
    await under.pass(600_000);

    expect(world.data('shared')).toEqual({ a: 'value of first' });
    expect(world.condition('first')).toMatchObject({ status: 'True' });
    expect(world.condition('first')?.message).toContain('Secret shared is also wanted by second');
    expect(world.condition('second')).toMatchObject({ status: 'False', reason: 'SecretConflict' });
    expect(world.condition('second')?.message).toContain('belongs to the SecretProviderClassSync first');
    expect(world.events('first')).toEqual(['SecretConflict', 'SecretSynced']);
    expect(world.events('second')).toContain('SecretConflict');
  });

  it.for([
    { how: 'is deleted', drop: () => world.kube.remove(resources.syncs, namespace, 'first') },
    { how: 'wants another', drop: () => world.putClass('first', { secretObjects: [secretOf('other')] }) },
  ])('hand it over at once when the first $how, if the second may take it', async ({ drop }) => {
    await contend({ adoptionPolicy: 'Always' });

    drop();
    await under.settled();

    expect(world.data('shared')).toEqual({ a: 'value of second' });
    expect(world.condition('second')).toMatchObject({ status: 'True' });
    expect(world.secret('shared').metadata.annotations).toMatchObject({ 'lockstep.dev/owner': 'second' });
  });

  it('do not hand it over when the second may not take it, and it says whose it was', async () => {
    await contend({ adoptionPolicy: 'Never' });

    world.kube.remove(resources.syncs, namespace, 'first');
    await under.settled();

    expect(world.data('shared')).toEqual({ a: 'value of first' });
    expect(world.condition('second')?.message).toContain('first, which no longer wants it');
  });

  it('hand it over at once when the first, which wants another, deletes it', async () => {
    await contend({ adoptionPolicy: 'Never' }, { deletionPolicy: 'Delete' });
    await under.pass(600_000);

    world.putClass('first', { secretObjects: [secretOf('other')] });
    await under.settled();

    expect(world.data('other')).toEqual({ a: 'value of first' });
    expect(world.data('shared')).toEqual({ a: 'value of second' });
    expect(world.condition('second')).toMatchObject({ status: 'True' });
  });

  it('hand it over at once when the garbage collector takes it after the first', async () => {
    await contend({ adoptionPolicy: 'Never' }, { deletionPolicy: 'Delete' });
    world.kube.remove(resources.syncs, namespace, 'first');
    await under.pass(600_000);

    world.kube.remove(resources.secrets, namespace, 'shared');
    await under.settled();

    expect(world.data('shared')).toEqual({ a: 'value of second' });
  });

  it('say nothing more of each other when one gives up', async () => {
    await contend({ adoptionPolicy: 'Never' });

    world.kube.remove(resources.syncs, namespace, 'second');
    await under.settled();

    expect(world.condition('first')).toMatchObject({ status: 'True', message: '1 Secret is current' });
  });

  it('of two namespaces do not know each other', async () => {
    await contend({ adoptionPolicy: 'Never' });
    const place = { namespace: 'other' };
    world.putClass('first', { metadata: place, secretObjects: [secretOf('shared')] });
    world.putSync('first', {}, place);
    await under.settled();

    expect(world.data('shared', 'other')).toEqual({ a: 'value of first' });
    expect(world.condition('first')?.message).not.toContain('other');
  });
});

describe('a Secret whose sync was not looked at yet', () => {
  it.for([
    { when: 'it is valid', spec: {} },
    { when: 'its class is missing', spec: { secretProviderClassName: 'nowhere' } },
    { when: 'it is not understood', spec: { interval: 'often' } },
    { when: 'it is suspended', spec: { suspend: true } },
  ])('is not lost at the start to one that may take everything, when $when', async ({ spec }) => {
    putClaimant('zzz');
    await under.settled();
    await under.stop();
    putClaimant('aaa', { adoptionPolicy: 'Always' });
    world.putSync('zzz', spec);
    under = await ControllerUnderTest.start({ world, workers: 1 });

    expect(world.data('shared')).toEqual({ a: 'value of zzz' });
    expect(world.condition('aaa')?.message).toContain('belongs to the SecretProviderClassSync zzz');
  });

  it('is not lost either to what a replica remembers of the time when it led before', async () => {
    await under.stop();
    under = await ControllerUnderTest.start({ world, workers: 1 });
    world.putPair('zzz');
    putClaimant('aaa', { suspend: true });
    await under.settled();
    under.terms.end('a test says so');
    const other = await ControllerUnderTest.start({ world });
    world.putClass('zzz', { secretObjects: [secretOf('shared')] });
    await other.settled();
    await other.stop();

    // It was never looked at with this spec, so that it comes first.
    putClaimant('aaa', { adoptionPolicy: 'Always' });
    await under.settled();
    under.terms.begin();
    await under.settled();

    expect(world.data('shared')).toEqual({ a: 'value of zzz' });
    expect(world.condition('aaa')?.message).toContain('belongs to the SecretProviderClassSync zzz');
  });
});
