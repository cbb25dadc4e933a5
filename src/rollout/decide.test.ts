import { describe, expect, it } from 'vitest';

import { hashFor, kindsOf, rolledOut, RolloutWorld } from '../../test/fakes/rollout-world.ts';
import { decideWorkload } from './decide.ts';

const modes = ['Restart', 'Pin'] as const;

describe('first sight', () => {
  it.for(modes)('records what is there and restarts nothing (%s)', (mode) => {
    const world = new RolloutWorld();
    world.mode = mode;

    expect(world.step()).toEqual({
      kind: 'baseline',
      ledger: {
        workload: 'Deployment shop/web',
        uid: 'web-1',
        mode,
        generation: 1,
        usage: expect.stringMatching(/^[0-9a-f]{8}$/),
        stamp: `kid=aaaaaaaa;db=${hashFor(1)}`,
      },
    });
    expect(kindsOf(world, 2)).toEqual(['current', 'current']);
    expect(world.rollouts).toBe(0);
  });

  it.for(modes)('is that of a workload that was made again, too (%s)', (mode) => {
    const world = rolledOut(mode);
    world.recreate();
    world.contents.set('db', 3);

    expect(kindsOf(world, 2)).toEqual(['baseline', 'current']);
  });

  it.for(modes)('of a Secret that is new to the workload restarts nothing (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('tls', 7);

    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
    world.contents.set('tls', 8);
    expect(world.step()).toMatchObject({ kind: 'stamp', secrets: ['tls'] });
    expect(world.annotations).toEqual(
      mode === 'Pin'
        ? { 'lockstep.dev/pins': `db=db-${hashFor(2)},tls=tls-${hashFor(8)}` }
        : { 'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${hashFor(2)},tls=${hashFor(8)}` },
    );
  });

  it('waits until at least one content is known', () => {
    const world = new RolloutWorld();
    world.contents.set('db', undefined);

    expect(world.step()).toEqual({ kind: 'current' });
    world.contents.set('db', 1);
    expect(world.step().kind).toBe('baseline');
  });

  it.for(modes)('after the ledger was lost restarts nothing, whatever has changed since (%s)', (mode) => {
    const world = rolledOut(mode);
    world.ledger = undefined;
    world.contents.set('db', 3);

    expect(kindsOf(world, 2)).toEqual(['baseline', 'current']);
    world.contents.set('db', 4);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });
});

describe('a change', () => {
  it.for(modes)('is rolled out once (%s)', (mode) => {
    const world = new RolloutWorld();
    world.mode = mode;
    world.step();
    world.contents.set('db', 2);

    expect(world.step()).toMatchObject({ kind: 'stamp', secrets: ['db'] });
    expect(kindsOf(world, 3)).toEqual(['current', 'current', 'current']);
    expect(mode === 'Pin' ? world.pin : world.stamp).toBe(
      mode === 'Pin' ? `db=db-${hashFor(2)}` : `kid=aaaaaaaa;db=${hashFor(2)}`,
    );
  });

  it.for(modes)('there and back again is rolled out both times (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('db', 1);

    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
    world.contents.set('db', 2);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });

  it('there and back again before it is rolled out is none', () => {
    const world = rolledOut();
    world.contents.set('db', 3);
    expect(world.decide().kind).toBe('stamp');
    world.contents.set('db', 2);

    expect(world.step()).toEqual({ kind: 'current' });
  });

  it('of keys that are not used moves no pin', () => {
    const world = rolledOut('Pin');
    const { facts } = world;
    const desired = new Map([['db', { usedHash: hashFor(2), versionName: `db-${hashFor(9)}` }]]);

    expect(decideWorkload({ ...facts, desired })).toEqual({ kind: 'current' });
  });

  it('of several Secrets is one rollout', () => {
    const world = rolledOut();
    world.contents.set('tls', 1);
    world.step();
    world.contents.set('tls', 2).set('db', 3);

    expect(world.step()).toMatchObject({ kind: 'stamp', secrets: ['db', 'tls'] });
    expect(world.step().kind).toBe('current');
  });

  it('is not forgotten while another content is unknown, whose entry stays', () => {
    const world = rolledOut('Pin');
    world.contents.set('tls', 1);
    world.step();
    world.contents.set('tls', 2);
    world.step();
    world.contents.set('tls', undefined).set('db', 3);

    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
    expect(world.pin).toBe(`db=db-${hashFor(3)},tls=tls-${hashFor(2)}`);
    world.contents.set('tls', 2);
    expect(world.step().kind).toBe('current');
    world.contents.set('tls', 3);
    expect(world.step()).toMatchObject({ kind: 'stamp', secrets: ['tls'] });
  });

  it('is left alone where there is nothing of it any more', () => {
    const world = rolledOut();
    world.contents.delete('db');

    expect(kindsOf(world, 2)).toEqual(['forget', 'current']);
  });

  it('of a Secret beside one that is no longer used drops that one', () => {
    const world = rolledOut();
    world.contents.set('tls', 1);
    world.step();
    world.contents.delete('db');

    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
    world.contents.set('tls', 2);
    world.step();
    expect(world.stamp).toBe(`kid=aaaaaaaa;tls=${hashFor(2)}`);
  });
});

describe('an edit of the used keys', () => {
  it('starts pods with the present content by itself', () => {
    const world = rolledOut();
    world.edit('password');
    world.contents.set('db', 99);

    expect(kindsOf(world, 2)).toEqual(['rebaseline', 'current']);
    expect(world.rollouts).toBe(1);
  });

  it('of pods that are pinned to another version needs that version moved', () => {
    const world = rolledOut('Pin');
    world.contents.set('db', 3);
    world.edit('password');

    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
    world.edit('user');
    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
  });
});

describe('modes', () => {
  it('Notify tells each change once and writes nothing', () => {
    const world = new RolloutWorld();
    world.mode = 'Notify';
    expect(world.step().kind).toBe('baseline');
    world.contents.set('db', 2);

    expect(world.step()).toMatchObject({ kind: 'notify', secrets: ['db'] });
    expect(kindsOf(world, 2)).toEqual(['current', 'current']);
    expect(world.rollouts).toBe(0);
  });

  it('Off forgets, and what follows is first sight', () => {
    const world = rolledOut();
    world.mode = 'Off';
    expect(kindsOf(world, 2)).toEqual(['forget', 'current']);
    world.contents.set('db', 3);
    world.mode = 'Restart';

    expect(kindsOf(world, 2)).toEqual(['baseline', 'current']);
  });

  it('change without a restart, and without losing a change that waits', () => {
    const world = rolledOut();
    world.mode = 'Pin';
    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
    world.mode = 'Restart';
    world.contents.set('db', 3);

    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
    world.mode = 'Notify';
    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
  });

  it('Restart after Pin unpins with the next change', () => {
    const world = rolledOut('Pin');
    world.mode = 'Restart';
    world.step();
    expect(world.pin).toBe(`db=db-${hashFor(2)}`);
    world.contents.set('db', 3);
    world.step();

    expect(world.pin).toBeUndefined();
  });
});
