import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import { externalSecret, operatorObject, vaultStoreObject } from '../../test/fakes/migration.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../test/fakes/temporary-directory.ts';
import { createMigrateCommand } from './migrate.ts';
import { runProgram } from './program.ts';

let home: TemporaryDirectory;

beforeEach(() => {
  home = createTemporaryDirectory();
});

afterEach(() => home[Symbol.dispose]());

async function run(argv: readonly string[], input = '') {
  const host = new FakeHost({ input });
  const commands = { migrate: { summary: 'Translate', load: async () => createMigrateCommand() } };
  const code = await runProgram(['migrate', ...argv], { commands, version: '0', host });
  return { code, out: host.outText, err: host.errText };
}

function text(...objects: readonly object[]): string {
  return objects.map((each) => JSON.stringify(each)).join('\n---\n');
}

function write(name: string, ...objects: readonly object[]): string {
  const file = join(home.path, name);
  writeFileSync(file, text(...objects));
  return file;
}

const pair = [vaultStoreObject(), externalSecret()];

describe('lockstep migrate', () => {
  it('prints what it makes of several files together', async () => {
    const files = [write('stores.yaml', vaultStoreObject()), write('apps.yaml', externalSecret())];

    const { code, out, err } = await run(['-f', files[0] ?? '', '-f', files[1] ?? '']);

    expect({ code, err }).toEqual({ code: 0, err: '1 object translated, 0 errors, 0 warnings\n' });
    expect(out).toMatch(/^# Made by lockstep migrate from ExternalSecret shop\/db \(.*apps\.yaml:1\)\.\n/);
    expect(out).toContain('kind: SecretProviderClass\n');
    expect(out).toContain('  mode: Shadow\n');
  });

  it('reads standard input', async () => {
    expect(await run(['-f', '-'], text(...pair))).toEqual(
      await run(['--file', '-', '--mode', 'Shadow'], text(...pair)),
    );
  });

  it('says by file, line, object and field what is not in the output, and ends with 1', async () => {
    const spec = { target: { template: { data: { url: 'x{{ .a }}' } } } };
    const file = write('in.yaml', vaultStoreObject(), externalSecret({ ...spec, dataFrom: [{ find: { path: 'x' } }] }));

    const { code, out, err } = await run(['-f', file]);

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(
      /in\.yaml:3: error: ExternalSecret shop\/db: spec\.target\.template\.data\.url: needs a template engine.*\(template\)\n/,
    );
    expect(err).toMatch(/in\.yaml:3: error: ExternalSecret shop\/db: spec\.dataFrom\[0\]\.find: looks .*\(find\)\n/);
    expect(err).toMatch(/\n0 objects translated, 3 errors, 0 warnings\n$/);
  });

  it('writes what is missing into the output as well', async () => {
    const { out } = await run(
      ['-f', '-'],
      text(vaultStoreObject(), externalSecret({ dataFrom: [{ find: {}, rewrite: [{}] }] })),
    );

    expect(out).toMatch(/^# error: spec\.dataFrom\[0\]\.rewrite: renames keys .*\(rewrite\)$/m);
  });

  it('ends with 0 for warnings, and counts what is none of a tool that it translates', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } };
    const store = vaultStoreObject({ readYourWrites: true });

    const { code, err } = await run(['-f', '-'], text(store, externalSecret(), service, service));

    expect(code).toBe(0);
    expect(err).toMatch(/\n1 object translated, 0 errors, 1 warning; not of a tool that is translated: 2 Service\n$/);
  });

  it('makes the second step', async () => {
    const input = text(...pair);

    expect((await run(['-f', '-', '--mode', 'Sync'], input)).out).toContain(
      '  mode: Sync\n  adoptionPolicy: IfIdentical\n',
    );
    const always = await run(['-f', '-', '--mode', 'Sync', '--adoption', 'Always'], input);
    expect(always.out).toContain('  adoptionPolicy: Always\n');
  });

  it('names what would be refused of what it made', async () => {
    const data = [{ secretKey: 'a', remoteRef: { key: '../../sys/raw', property: 'p' } }];

    const { code, err } = await run(
      ['-f', '-'],
      text(vaultStoreObject({ path: '', version: 'v1' }), externalSecret({ data })),
    );

    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: what became of ExternalSecret shop\/db .* is refused: .*secretPath: .*\(output-invalid\)$/m,
    );
  });

  it('writes a file per object, by namespace', async () => {
    const out = join(home.path, 'out');

    const { code, out: printed } = await run(
      ['-f', '-', '-o', out],
      text(...pair, externalSecret({}, { namespace: undefined }, 'two')),
    );

    expect({ code, printed }).toEqual({ code: 0, printed: '' });
    expect(readFileSync(join(out, 'shop', 'db.yaml'), 'utf8')).toContain('name: db\n');
    expect(readFileSync(join(out, 'two.yaml'), 'utf8')).toContain('name: two\n');
  });

  it('writes over what it wrote before, and over nothing else', async () => {
    const out = join(home.path, 'out');
    await run(['-f', '-', '-o', out], text(...pair));
    expect((await run(['-f', '-', '-o', out, '--mode', 'Sync'], text(...pair))).code).toBe(0);
    const file = join(out, 'shop', 'db.yaml');
    expect(readFileSync(file, 'utf8')).toContain('mode: Sync');

    writeFileSync(file, 'mine');
    const { code, err } = await run(['-f', '-', '-o', out], text(...pair, externalSecret({}, {}, 'another')));

    expect({ code, err }).toEqual({
      code: 1,
      err: `lockstep: file ${file} is there and was not made by lockstep migrate; move it, or write to another directory\n`,
    });
    expect(() => readFileSync(join(out, 'shop', 'another.yaml'))).toThrow('ENOENT');
  });

  it('says why it cannot write', async () => {
    const out = join(home.path, 'out');
    mkdirSync(join(out, 'shop', 'db.yaml'), { recursive: true });
    const asFile = write('file', {});

    expect((await run(['-f', '-', '-o', out], text(...pair))).err).toContain('cannot be read (EISDIR)');
    expect((await run(['-f', '-', '-o', asFile], text(...pair))).err).toContain('cannot be written (');
  });

  it('says which file it cannot read', async () => {
    expect(await run(['-f', join(home.path, 'none.yaml')])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('none.yaml'),
    });
  });

  it.for([
    [[], '--file: is missing'],
    [['-f', '-', '--mode', 'Copy'], '--mode: "Copy" must be one of: Shadow, Sync'],
    [['-f', '-', '--adoption', 'Always'], '--adoption: "Always" goes with --mode Sync'],
    [['-f', '-', '--service-account', 'No_Name'], '--service-account: "No_Name" is no name of an object'],
  ] as const)('with %j is wrong usage: %s', async ([argv, said]) => {
    const { code, err } = await run(argv);

    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  it('with --help names its flags, their defaults and examples', async () => {
    const { code, out } = await run(['--help']);

    expect(code).toBe(0);
    for (const flag of [
      '-f, --file <FILE>',
      '--service-account <NAME>',
      '--mode <MODE>',
      '--adoption <POLICY>',
      '-o, --output <DIR>',
    ]) {
      expect(out).toContain(flag);
    }
    expect(out).toContain('[env: LOCKSTEP_MODE]');
    expect(out).toContain('kubectl get externalsecrets');
  });

  it('shows no value of a Secret that stands in the input', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', annotations: { 'reloader.stakater.com/match': 'true' } },
      stringData: { a: 'hunter2' },
    };

    const { out, err } = await run(['-f', '-'], text(secret, operatorObject('PushSecret', 'p', {}), ...pair));

    expect(out + err).not.toContain('hunter2');
    expect(err).toContain('Secret x');
  });
});
