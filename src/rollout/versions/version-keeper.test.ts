import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { versionKeyOf, versionSource, VersionsUnderTest } from '../../../test/fakes/versions-under-test.ts';
import { SecretError } from '../../core/errors.ts';
import { createLogger } from '../../platform/logger.ts';
import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import { Contents, type KnownContent } from './contents.ts';
import { VersionKeeper, type VersionOwner } from './version-keeper.ts';

const db = { sync: 'shop/db', namespace: 'shop', current: undefined };

let under: VersionsUnderTest;
let keeper: VersionKeeper;
let contents: Contents;
let isPinned: boolean;
let changed: string[];
let lines: string[];

beforeEach(async () => {
  under = await VersionsUnderTest.start();
  contents = new Contents();
  isPinned = true;
  changed = [];
  lines = [];
  keeper = new VersionKeeper({
    versions: under.versions(),
    contents,
    versionKey: versionKeyOf(1),
    logger: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
    isPinned: () => isPinned,
    onChange: (sync) => void changed.push(sync),
  });
});

afterEach(() => under[Symbol.asyncDispose]());

function desiredSecret(password: string): DesiredSecret {
  return { ...versionSource(password), annotations: {}, immutable: false };
}

async function prepare(password: string, owner: VersionOwner = db, signal = new AbortController().signal) {
  return await keeper.prepare(desiredSecret(password), owner, { signal });
}

/** Prepared and written. */
async function keep(password: string, owner: VersionOwner = db): Promise<KnownContent> {
  const content = await prepare(password, owner);
  keeper.written(owner, 'db', content);
  return content;
}

describe('a Secret that is about to be written', () => {
  it('is kept as a version first, and known only when it is written', async () => {
    const content = await prepare('one');
    expect(under.get(content.versionName ?? '')?.['immutable']).toBe(true);
    expect(contents.get('shop/db')).toBeUndefined();
    expect(changed).toEqual([]);

    keeper.written(db, 'db', content);
    expect(contents.get('shop/db')).toBe(content);
    expect(changed).toEqual(['shop/db']);
  });

  it('costs nothing, and is no news, while it stays the same', async () => {
    await keep('one');
    const { length } = under.kube.calls;
    await keep('one');

    expect(under.kube.calls).toHaveLength(length);
    expect(changed).toEqual(['shop/db']);
  });

  it('is kept as no version when nobody is pinned to it, and as one when somebody is', async () => {
    isPinned = false;
    expect(await keep('one')).toMatchObject({ versionName: undefined, problem: undefined });
    expect(under.all()).toEqual([]);

    isPinned = true;
    expect(await keep('one')).toMatchObject({ versionName: expect.stringMatching(/^db-/) });
    expect(changed).toHaveLength(2);
  });

  it('is looked at again when another SecretProviderClassSync keeps it', async () => {
    const { versionName } = await keep('one');
    const { length } = under.kube.calls;
    const other = { ...db, sync: 'shop/other' };

    expect(await keep('one', other)).toMatchObject({ sync: 'shop/other', versionName });
    expect(under.kube.calls.length).toBeGreaterThan(length);
  });

  it('goes on with the version that the status names', async () => {
    const { versionName } = await keep('one');
    contents.clear();
    const again = await prepare('one', { ...db, current: versionName });

    expect(again.versionName).toBe(versionName);
    expect(under.kube.calls.filter((call) => call.startsWith('create'))).toHaveLength(1);
  });

  it('is written although no version of it can be kept: the reason is known, and a later try mends it', async () => {
    under.kube.forbid({ verb: 'create', plural: 'secrets' });
    const content = await keep('one');
    expect(content).toMatchObject({ versionName: undefined, problem: { code: 'KUBE_FORBIDDEN' } });
    expect(lines).toEqual([expect.stringContaining('version not kept')]);
    expect(lines.join()).not.toContain('one"');

    under.kube.clearScripts();
    expect(await keep('one')).toMatchObject({ versionName: expect.stringMatching(/^db-/), problem: undefined });
    expect(changed).toHaveLength(2);
  });

  it.for([
    ['it was deposed', new SecretError('NOT_LEADER', 'no'), undefined],
    ['the term has ended', new SecretError('KUBE_UNAVAILABLE', 'no'), AbortSignal.abort(new Error('over'))],
  ] as const)('is not written any more when %s', async ([, error, signal]) => {
    const deps = { contents, versionKey: versionKeyOf(1), isPinned: () => true, onChange: () => undefined };
    const logger = createLogger({ level: 'info', format: 'json', write: () => undefined });
    const failing = new VersionKeeper({ ...deps, logger, versions: { ensure: () => Promise.reject(error) } });
    const options = { signal: signal ?? new AbortController().signal };

    expect(await failureOf(failing.prepare(desiredSecret('one'), db, options))).toBe(signal?.reason ?? error);
  });
});
