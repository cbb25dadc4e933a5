import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { classOf, rawClass } from '../../../test/fakes/sync-objects.ts';
import { parseClass } from './parse-class.ts';

describe('parseClass', () => {
  it('keeps what the loop needs', () => {
    const annotations = { 'lockstep.dev/force-sync': '42', unrelated: 'x' };
    const secretObjects = [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'b' }] }];
    expect(classOf({ metadata: { annotations }, spec: { secretObjects } })).toEqual({
      key: 'shop/db',
      namespace: 'shop',
      name: 'db',
      uid: 'class-uid',
      generation: 3,
      resourceVersion: '7',
      provider: 'vault',
      parameters: new Map([
        ['roleName', 'app'],
        ['objects', '[]'],
      ]),
      secretObjects: [expect.objectContaining({ secretName: 'db' })],
      shorthand: { kind: 'none' },
      forceSync: '42',
      problems: [],
    });
  });

  it('has no secretObjects where there are none, and none where they have mistakes', () => {
    expect(classOf()).toMatchObject({ secretObjects: undefined, problems: [] });
    expect(classOf({ spec: { secretObjects: [{}] } })).toMatchObject({
      secretObjects: undefined,
      problems: [{ path: 'secretObjects[0].secretName' }],
    });
  });

  it('counts a mistake in its labels and annotations as one of whoever uses it', () => {
    const { problems } = classOf({
      metadata: { annotations: { 'lockstep.dev/intervall': '5m' } },
      spec: { secretObjects: 1 },
    });
    expect(problems.map(({ code }) => code)).toEqual(['SYNC_INVALID', undefined]);
  });

  it('survives a class without a generation, provider or parameters', () => {
    const found = parseClass({ metadata: { name: 'db', namespace: 'shop', uid: '1', resourceVersion: '1' } });
    expect(found).toMatchObject({ generation: 0, provider: '', parameters: new Map(), problems: [] });
  });

  it('never throws, whatever the API server sends', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.string()), (spec, annotations) => {
        const found = parseClass({ ...rawClass({ metadata: { annotations } }), spec });
        expect([...found.parameters.values()].every((text) => typeof text === 'string')).toBe(true);
      }),
    );
  });
});
