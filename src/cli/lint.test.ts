import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import type { Finding } from '../spc/finding.ts';
import { formatFindings } from './lint-report.ts';
import { createLintCommand } from './lint.ts';
import { runProgram } from './program.ts';

const good = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: shop
spec:
  provider: vault
  parameters:
    roleName: shop
    objects: |
      - objectName: password
        secretPath: secret/data/shop
        secretKey: password
`;
const suspicious = good.replace('    roleName: shop\n', '    roleName: shop\n    vaultAdress: https://vault\n');
const bad = good.replace('    roleName: shop\n', '');

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lockstep-lint-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

async function lint(argv: readonly string[], input = '') {
  const host = new FakeHost({ input });
  const commands = { lint: { summary: 'Check', load: async () => createLintCommand() } };
  const code = await runProgram(['lint', ...argv], { commands, version: '0', host });
  return { code, out: host.outText, err: host.errText };
}

async function write(name: string, text: string): Promise<string> {
  const file = join(home, name);
  await writeFile(file, text);
  return file;
}

describe('lockstep lint', () => {
  it('has nothing to say about good manifests', async () => {
    const files = [await write('a.yaml', good), await write('b.yaml', good)];

    expect(await lint(files)).toEqual({ code: 0, out: '', err: '0 errors, 0 warnings\n' });
  });

  it('warns about what is suspicious, by file and line, and ends with 0', async () => {
    const file = await write('a.yaml', suspicious);

    const { code, out, err } = await lint([file]);

    expect({ code, err }).toEqual({ code: 0, err: '0 errors, 1 warning\n' });
    expect(out).toMatch(
      /^.*a\.yaml:9: warning: parameters\.vaultAdress: .*did you mean vaultAddress\?.*\(parameter-unknown\)\n$/,
    );
  });

  it('ends with 1 for an error in any of the files', async () => {
    const files = [await write('a.yaml', good), await write('b.yaml', bad)];

    const { code, out, err } = await lint(files);

    expect({ code, err }).toEqual({ code: 1, err: '1 error, 0 warnings\n' });
    expect(out).toContain('b.yaml:7: error: parameters.roleName: is missing');
  });

  it('reads standard input for -', async () => {
    const { code, out } = await lint(['--output', 'json', '-'], bad);

    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([{ file: 'stdin', severity: 'error', path: 'parameters.roleName' }]);
  });

  it('fails when a file cannot be read', async () => {
    expect(await lint([join(home, 'nothing.yaml')])).toEqual({
      code: 1,
      out: '',
      err: `lockstep: file ${join(home, 'nothing.yaml')} cannot be read (ENOENT); check its name and permissions\n`,
    });
  });

  it('wants a file', async () => {
    expect(await lint([])).toMatchObject({ code: 2 });
  });
});

describe('a report', () => {
  const finding: Finding = {
    file: 'a,b:c.yaml',
    line: 3,
    severity: 'error',
    rule: 'manifest-invalid',
    path: 'objects',
    message: '100%\r\nwrong: really',
  };

  it('cannot be forged in a workflow by the text of a manifest', () => {
    expect(formatFindings([finding], 'github')).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=3,title=manifest-invalid::objects: 100%25%0D%0Awrong: really\n',
    );
  });

  it('is an empty list in JSON when there is nothing', () => {
    expect(formatFindings([], 'json')).toBe('[]\n');
  });
});
