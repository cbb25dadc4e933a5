import { describe, expect, it } from 'vitest';

import { hashFor, kindsOf, rolledOut } from '../../test/fakes/rollout-world.ts';
import { putBackDelaysMs } from './decide.ts';

const modes = ['Restart', 'Pin'] as const;

describe('a crash', () => {
  it.for(modes)('between patch and ledger restarts nothing again (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('db', 3);
    const decision = world.decide();
    if (decision.kind === 'stamp') world.patch(decision.patch, { isRecorded: false });

    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
    expect(world.rollouts).toBe(2);
  });

  it.for(modes)('there, with another change until the next look, loses nothing (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('db', 3);
    const decision = world.decide();
    if (decision.kind === 'stamp') world.patch(decision.patch, { isRecorded: false });
    world.contents.set('db', 4);

    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });

  it('of a watch that is behind is no undo', () => {
    const world = rolledOut();
    world.contents.set('db', 3);

    expect(world.before(() => world.step())).toEqual({ kind: 'stale' });
    expect(world.step()).toEqual({ kind: 'current' });
  });
});

describe('another key', () => {
  it.for(modes)('restarts nothing (%s)', (mode) => {
    const world = rolledOut(mode);
    world.keyId = 'bbbbbbbb';
    world.contents.set('db', 3);

    expect(kindsOf(world, 2)).toEqual(['rebaseline', 'current']);
    world.contents.set('db', 4);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });

  it('in an annotation from elsewhere restarts nothing', () => {
    const world = rolledOut();
    world.write({ 'lockstep.dev/secret-hashes': `kid=cccccccc;db=${hashFor(1)}` });

    expect(kindsOf(world, 2)).toEqual(['rebaseline', 'current']);
    world.contents.set('db', 3);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });
});

describe('an undo', () => {
  it.for(modes)('is held until the next version (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('db', 3);
    world.step();
    world.undo();

    expect(kindsOf(world, 3)).toEqual(['held', 'held', 'held']);
    world.contents.set('db', 4);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
  });

  it.for(modes)('that is undone is over (%s)', (mode) => {
    const world = rolledOut(mode);
    world.contents.set('db', 3);
    world.step();
    world.undo();
    world.step();
    world.undo();

    expect(kindsOf(world, 2)).toEqual(['current', 'current']);
  });

  it('with the old content back is over', () => {
    const world = rolledOut('Pin');
    world.contents.set('db', 3);
    world.step();
    world.undo();
    world.step();
    world.contents.set('db', 2);

    expect(kindsOf(world, 2)).toEqual(['adopt-ledger', 'current']);
  });

  it('to a template that used other keys is held, too', () => {
    const world = rolledOut();
    world.edit('password');
    world.step();
    world.contents.set('db', 3);
    world.step();
    world.undo();
    world.edit('user');
    // Other keys, other hash.
    world.contents.set('db', 33);

    expect(kindsOf(world, 2)).toEqual(['held', 'held']);
    world.contents.set('db', 34);
    expect(world.step().kind).toBe('stamp');
  });

  it('to before the annotation named all its Secrets is held', () => {
    const world = rolledOut();
    world.contents.set('tls', 1);
    world.step();
    world.contents.set('tls', 2);
    world.step();
    world.undo();

    expect(world.step().kind).toBe('held');
  });

  it('can be taken back with the patch that the decision brings', () => {
    const world = rolledOut('Pin');
    world.contents.set('db', 3);
    world.step();
    world.undo();
    const decision = world.step();
    if (decision.kind === 'held') world.patch(decision.patch);

    expect(world.pin).toBe(`db=db-${hashFor(3)}`);
    expect(world.step()).toEqual({ kind: 'current' });
  });
});

describe('an annotation that somebody takes away', () => {
  it.for(modes)('is put back three times with pauses, and then is a conflict (%s)', (mode) => {
    const world = rolledOut(mode);
    const started = world.now;
    for (const attempt of [1, 2, 3]) {
      world.write({});
      expect(world.step()).toMatchObject({ kind: 'reverted', attempt });
      expect(world.step()).toEqual({ kind: 'current' });
    }
    world.write({});

    expect(kindsOf(world, 3)).toEqual(['conflict', 'conflict', 'conflict']);
    expect(world.rollouts).toBe(4);
    expect(world.now - started).toBe(putBackDelaysMs.reduce((sum, delay) => sum + delay));
  });

  it('is written once for each later version while that goes on, and counted anew when it has stood', () => {
    const world = rolledOut();
    for (let times = 0; times < 3; times++) {
      world.write({});
      world.step();
    }
    world.write({});
    world.contents.set('db', 3);
    expect(kindsOf(world, 2)).toEqual(['stamp', 'current']);
    world.write({});
    expect(world.step().kind).toBe('conflict');

    world.contents.set('db', 4);
    world.step();
    world.contents.set('db', 5);
    world.step();
    world.write({});
    expect(world.step()).toMatchObject({ kind: 'reverted', attempt: 1 });
  });

  it('is put back at once when the clock was set back, or the time is none', () => {
    for (const revertedAt of ['2999-01-01T00:00:00Z', 'yesterday']) {
      const world = rolledOut();
      world.write({});
      world.step();
      if (world.ledger) world.ledger = { ...world.ledger, revertedAt };
      world.write({});

      expect(world.decide()).toMatchObject({ attempt: 2, dueAt: world.now + (putBackDelaysMs[1] ?? 0) });
    }
  });

  it('with an edit of the template is what its owner wants', () => {
    const world = rolledOut();
    world.write({});
    world.edit('password');

    expect(kindsOf(world, 2)).toEqual(['rebaseline', 'current']);
  });
});
