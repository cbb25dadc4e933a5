import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import type { PlannedObject } from '../core/plan.ts';

const web = podCaller('web-1');
const all = expanded('all');

describe('expand', () => {
  it('puts a file per key in place of the parent', async () => {
    const { first } = resolverUnderTest();
    const before = plannedObject({ name: 'before', path: 'before' });
    const after = plannedObject({ name: 'after', path: 'after' });

    const { objects } = await first(planFor(web, { objects: [before, all, after] }));

    expect(objects.map(({ path }) => path)).toEqual(['before', 'username', 'password', 'after']);
    expect(objects[1]?.version).not.toBe(objects[2]?.version);
  });

  it.for([
    { name: 'the file of another object', path: 'username', key: 'username' },
    { name: 'the directory of another object', path: 'username/x', key: 'username' },
    { name: 'the file of an object that failed', path: 'username', key: 'username', absent: true },
  ])('fails when a key would take the place of $name', async ({ path, key, absent = false }) => {
    const { first, backend } = resolverUnderTest();
    const other = plannedObject({ name: 'other', path, ref: refOf({ path: '/v1/secret/data/other' }) });
    backend.answer = (ref) =>
      absent && ref === other.ref ? failed('VAULT_NOT_FOUND') : found({ [key]: 'alice', password: 's3cr3t' });
    const objects = [all, plannedObject({ ...other, select: { kind: 'key', key: 'password' } })];

    const { objects: files, failures } = await first(planFor(web, { objects }));

    expect(files.map((file) => file.path)).toEqual(absent ? [] : [path]);
    expect(failures[0]).toMatchObject({ name: 'all', error: { code: 'EXPAND_FAILED' } });
    expect(failures[0]?.error.message).toContain(
      `object "all" cannot be expanded: its key "${key}" would take the place`,
    );
  });

  it('fails when two objects expand to the same name; the first one stands', async () => {
    const { first } = resolverUnderTest();
    const again = expanded('again', refOf({ path: '/v1/secret/data/other' }));

    const { objects, failures } = await first(planFor(web, { objects: [all, again] }));

    expect(objects.map(({ path }) => path)).toEqual(['username', 'password']);
    expect(failures.map(({ name, error }) => [name, error.code])).toEqual([['again', 'EXPAND_FAILED']]);
  });

  it('does not mind names that only begin alike', async () => {
    const { first } = resolverUnderTest();
    const objects = [all, plannedObject({ name: 'other', path: 'username.txt' })];

    expect((await first(planFor(web, { objects }))).failures).toEqual([]);
  });

  it('leaves an optional parent out when it is absent', async () => {
    const { first, backend } = resolverUnderTest();
    backend.answer = () => failed('VAULT_NOT_FOUND');

    expect(contentsOf(await first(planFor(web, { objects: [{ ...all, optional: true }] })))).toEqual({});
  });

  it('finds a collision that a rotation brings', async () => {
    const { first, repeat, backend, clock } = resolverUnderTest();
    const objects = [all, plannedObject({ name: 'pin', path: 'pin' })];
    expect((await first(planFor(web, { objects }))).failures).toEqual([]);
    backend.answer = () => found({ username: 'alice', pin: '1' });
    await clock.advance(30_000);

    expect((await repeat(planFor(web, { objects }))).failures.map(({ name }) => name)).toEqual(['all']);
  });
});

function expanded(name: string, ref = plannedObject().ref): PlannedObject {
  return plannedObject({ name, path: name, ref, select: { kind: 'response' }, expand: true });
}
