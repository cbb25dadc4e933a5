import { describe, expect, it } from 'vitest';

import { objectAt } from '../../../test/fakes/scripted-api.ts';
import { createLogger } from '../../platform/logger.ts';
import type { KubeObject } from '../objects.ts';
import { type Change, ObjectStore } from './object-store.ts';

describe('ObjectStore', () => {
  it('keeps what it is told to, by key and by namespace', () => {
    const { store, round } = setUp();

    store.put(objectAt('shop/a', '1'), round());
    store.put(objectAt('shop/b', '2'), round());
    store.put(objectAt('bank/a', '3'), round());

    expect(store.size).toBe(3);
    expect(store.get('shop/b')).toBe('2');
    expect(store.get('shop/c')).toBeUndefined();
    expect([...store.entries('shop')]).toEqual([
      ['shop/a', '1'],
      ['shop/b', '2'],
    ]);
    expect([...store.entries()].map(([key]) => key)).toEqual(['shop/a', 'shop/b', 'bank/a']);
    expect([...store.entries('nowhere')]).toEqual([]);
  });

  it('keeps objects of kinds without namespaces', () => {
    const { store, round } = setUp();

    store.put({ metadata: { name: 'shop', uid: 'u', resourceVersion: '1' } }, round());

    expect(store.get('shop')).toBe('1');
    expect([...store.entries('')]).toEqual([['shop', '1']]);
  });

  it('tells what changed, after it has', () => {
    const { store, round, changes } = setUp();
    const seen: (string | undefined)[] = [];
    store.onChange(({ key }) => seen.push(store.get(key)));

    store.put(objectAt('shop/a', '1'), { ...round(), isInitial: true });
    store.put(objectAt('shop/a', '2'), round());
    store.remove(objectAt('shop/a', '3'));

    expect(changes).toEqual([
      { key: 'shop/a', previous: undefined, current: '1', isInitial: true },
      { key: 'shop/a', previous: '1', current: '2', isInitial: false },
      { key: 'shop/a', previous: '2', current: undefined, isInitial: false },
    ]);
    expect(seen).toEqual(['1', '2', undefined]);
    expect(store.size).toBe(0);
  });

  it('says nothing about the same version again, and asks nobody what to keep', () => {
    const { store, round, changes, kept } = setUp();
    store.put(objectAt('shop/a', '1'), round());

    store.put(objectAt('shop/a', '1'), round());
    store.remove(objectAt('shop/b', '2'));

    expect(changes).toHaveLength(1);
    expect(kept).toHaveLength(1);
  });

  it('reports an object that was deleted and made again meanwhile, even at the same version', () => {
    const { store, round, changes } = setUp();
    store.put(objectAt('shop/a', '1'), round());

    store.put({ metadata: { ...objectAt('shop/a', '1').metadata, uid: 'another' } }, round());

    expect(changes).toHaveLength(2);
  });

  it('ignores an older version within one round', () => {
    const { store, round } = setUp();
    const watch = round();
    store.put(objectAt('shop/a', '10'), watch);

    store.put(objectAt('shop/a', '9'), watch);

    expect(store.get('shop/a')).toBe('10');
  });

  it('believes an older version that another round brings: the data was restored', () => {
    const { store, round } = setUp();
    store.put(objectAt('shop/a', '10'), round());

    store.put(objectAt('shop/a', '9'), round());

    expect(store.get('shop/a')).toBe('9');
  });

  it('sweeps away what a list did not bring, in its namespace only', () => {
    const { store, round, changes } = setUp();
    for (const key of ['shop/a', 'shop/b', 'bank/a']) store.put(objectAt(key, '1'), round());
    const list = round();
    store.put(objectAt('shop/b', '1'), list);
    changes.length = 0;

    store.sweep('shop', list.round);

    expect(changes).toEqual([{ key: 'shop/a', previous: '1', current: undefined, isInitial: false }]);
    expect([...store.entries()].map(([key]) => key)).toEqual(['shop/b', 'bank/a']);
  });

  it('sweeps all namespaces when the list was of all', () => {
    const { store, round } = setUp();
    for (const key of ['shop/a', 'bank/a']) store.put(objectAt(key, '1'), round());

    store.sweep(undefined, round().round);

    expect(store.size).toBe(0);
    expect([...store.entries()]).toEqual([]);
  });

  it('forgets an object that is not to be kept any more, as if it were gone', () => {
    const { store, round, changes } = setUp();
    store.put(objectAt('shop/a', '1'), round());
    store.put(objectAt('shop/b', '1', 'ignored'), round());

    store.put(objectAt('shop/a', '2', 'ignored'), round());

    expect(changes.map(({ key, current }) => [key, current])).toEqual([
      ['shop/a', '1'],
      ['shop/a', undefined],
    ]);
    expect(store.size).toBe(0);
  });

  it('keeps what it knows of an object that cannot be understood, over a sweep too, and says so', () => {
    const { store, round, changes, lines } = setUp();
    store.put(objectAt('shop/a', '1'), round());
    const list = round();

    store.put(objectAt('shop/a', '2', 'poison'), list);
    store.sweep(undefined, list.round);

    expect(store.get('shop/a')).toBe('1');
    expect(changes).toHaveLength(1);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', code: 'INTERNAL', key: 'shop/a' })]);
  });

  it('goes on to the next listener when one throws, and logs it', () => {
    const { store, round, lines } = setUp();
    const heard: string[] = [];
    store.onChange(() => {
      throw new Error('a defect');
    });
    store.onChange(({ key }) => heard.push(key));

    store.put(objectAt('shop/a', '1'), round());
    store.put(objectAt('shop/b', '1'), round());

    expect(heard).toEqual(['shop/a', 'shop/b']);
    expect(lines.map(({ code }) => code)).toEqual(['INTERNAL', 'INTERNAL']);
  });

  it.for(['null', '{}', '{"metadata":null}', '{"metadata":{"name":7}}', '{"metadata":{"uid":"u"}}', '"text"'])(
    'ignores %s, which is no object',
    (text) => {
      const { store, round, changes, lines } = setUp();
      const object = JSON.parse(text) as KubeObject;

      store.put(object, round());
      store.remove(object);

      expect(changes).toEqual([]);
      expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
    },
  );

  it('takes names of JavaScript for names', () => {
    const { store, round } = setUp();

    for (const key of ['__proto__/constructor', 'shop/__proto__', 'shop/toString']) {
      expect(store.get(key)).toBeUndefined();
      store.put(objectAt(key, '1'), round());
      expect(store.get(key)).toBe('1');
    }
    expect(store.size).toBe(3);
  });
});

interface LogLine {
  readonly level: string;
  readonly code?: string;
}

function setUp() {
  const lines: LogLine[] = [];
  const kept: KubeObject[] = [];
  const store = new ObjectStore<string>({
    plural: 'secretproviderclasses',
    logger: createLogger({
      level: 'debug',
      format: 'json',
      write: (line) => lines.push(JSON.parse(line) as LogLine),
    }),
    keep: (object) => {
      kept.push(object);
      return versionUnless(object);
    },
  });
  const changes: Change<string>[] = [];
  store.onChange((change) => changes.push(change));
  return { store, changes, lines, kept, round: () => ({ round: store.begin(), isInitial: false }) };
}

function versionUnless({ metadata, spec }: KubeObject): string | undefined {
  const text = JSON.stringify(spec ?? {});
  if (text.includes('poison')) throw new Error('a defect');
  return text.includes('ignored') ? undefined : metadata.resourceVersion;
}
