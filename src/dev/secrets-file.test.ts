import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { SecretsFile } from './secrets-file.ts';

let directory: string;
let path: string;
let problems: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-secrets-'));
  path = join(directory, 'secrets.yaml');
  problems = [];
});
afterEach(() => rm(directory, { recursive: true }));

async function open(text: string, clock = new FakeClock()): Promise<SecretsFile> {
  await writeFile(path, text);
  return SecretsFile.open({ path, clock, onProblem: (message) => problems.push(message) });
}

describe('SecretsFile', () => {
  it('sees an edit at the next look, however quick it was', async () => {
    const file = await open('kv: { a: { v: 1 } }');
    await writeFile(path, 'kv: { a: { v: 2 } }');

    expect(file.current().kv.get('a')).toEqual({ v: 2 });
  });

  it('counts a version per change of a secret, and none for a change elsewhere', async () => {
    const clock = new FakeClock();
    const file = await open('secret: { a: { v: 1 }, b: { v: 1 } }', clock);
    await clock.advance(1000);
    await writeFile(path, '# a comment\nsecret: { a: { v: 2 }, b: { v: 1 } }');

    expect(
      file
        .histories()
        .secret.of('a')
        .map(({ number, data }) => [number, data]),
    ).toEqual([
      [1, { v: 1 }],
      [2, { v: 2 }],
    ]);
    expect(file.histories().secret.of('a')[1]?.createdMs).toBe(clock.now());
    expect(file.histories().secret.of('b')).toHaveLength(1);
    expect(file.histories().secret.of('c')).toEqual([]);
  });

  it('counts for AWS as well, each section for itself', async () => {
    const file = await open('secret: { a: { v: 1 } }\nsecretsmanager: { a: x }\nssmparameter: { a: x }');
    await writeFile(path, 'secret: { a: { v: 1 } }\nsecretsmanager: { a: y }\nssmparameter: { a: z }');
    const { secret, secretsmanager, ssmparameter } = file.histories();

    expect(secret.of('a')).toHaveLength(1);
    expect(secretsmanager.of('a').map(({ data }) => data)).toEqual(['x', 'y']);
    expect(ssmparameter.of('a').map(({ data }) => data)).toEqual(['x', 'z']);
  });

  it('goes on counting when a secret comes back after it was removed', async () => {
    const file = await open('secret: { a: { v: 1 } }');
    await writeFile(path, 'secret: {}');
    expect(file.histories().secret.of('a').at(-1)).toMatchObject({ number: 2, data: undefined });
    await writeFile(path, 'secret: { a: { v: 1 } }');

    expect(file.histories().secret.of('a').at(-1)).toMatchObject({ number: 3, data: { v: 1 } });
  });

  it.for([
    ['is broken', (): Promise<void> => writeFile(path, 'kv: { a: { v: hunter2-hunter2 ')],
    ['is empty', (): Promise<void> => writeFile(path, '')],
    ['is gone', (): Promise<void> => rm(path)],
  ] as const)('keeps the last good state while the file %s, says so once, and recovers', async ([, damage]) => {
    const file = await open('kv: { a: { v: 1 } }');
    await damage();

    expect(file.current().kv.get('a')).toEqual({ v: 1 });
    expect(file.current().kv.get('a')).toEqual({ v: 1 });
    expect(problems).toEqual([expect.stringContaining('the last good state stays in force')]);
    expect(problems.join()).not.toContain('hunter2');
    await writeFile(path, 'kv: { a: { v: 3 } }');
    expect(file.current().kv.get('a')).toEqual({ v: 3 });
  });

  it('does not open a file that is broken from the start', async () => {
    await expect(open('secret: 3')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('does not open a file that is not there', () => {
    const missing = { path: join(directory, 'no.yaml'), clock: new FakeClock(), onProblem: () => undefined };

    expect(() => SecretsFile.open(missing)).toThrow(/no\.yaml.*cannot be read/);
  });
});
