import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import { StatusUnderTest } from '../../test/fakes/status-under-test.ts';
import { createDoctorCommand } from './doctor.ts';
import { formatDoctorTable } from './doctor-table.ts';
import { runProgram } from './program.ts';

let cluster: StatusUnderTest;

beforeEach(async () => {
  cluster = await StatusUnderTest.start();
  const others = [
    'storage.k8s.io/csidrivers',
    'rbac.authorization.k8s.io/clusterrolebindings',
    'admissionregistration.k8s.io/validatingadmissionpolicies',
  ];
  for (const kind of others) cluster.kube.served.add(kind);
});

afterEach(() => cluster[Symbol.asyncDispose]());

async function doctor(...argv: readonly string[]) {
  const host = new FakeHost({ env: { KUBECONFIG: `${cluster.home}/config` } });
  const commands = { doctor: { summary: 'Look', load: async () => createDoctorCommand() } };
  const code = await runProgram(['doctor', ...argv], { commands, version: '0', host });
  return { code, out: host.outText, err: host.errText };
}

describe('lockstep doctor', () => {
  it('shows what it finds, what that means and what to do', async () => {
    expect(await doctor('-A')).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^SEVERITY {3}ID {15}OBJECT\nwarning {4}policy-missing {3}cluster\n {2}Validating.*\n {2}> admission.policies=true .*deploy\/policies\nwarning {4}driver-missing {3}cluster\n/,
      ),
      err: '0 errors, 2 warnings, 0 for information\n',
    });
  });

  it('ends with 1 for an error, and looks at the namespace of the context unless told otherwise', async () => {
    cluster.put('billing', 'db', { status: {} });

    expect((await doctor()).code).toBe(0);
    expect((await doctor('-n', 'billing')).code).toBe(1);
    expect((await doctor('-A')).out).toContain('SecretProviderClassSync billing/db');
  });

  it('prints everything as JSON', async () => {
    const { code, out, err } = await doctor('-A', '-o', 'json');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual([
      {
        severity: 'warning',
        id: 'policy-missing',
        object: 'cluster',
        reason: expect.any(String),
        remedy: expect.any(String),
      },
      expect.objectContaining({ id: 'driver-missing' }),
    ]);
  });

  it('names what it may not look at instead of failing', async () => {
    cluster.kube.forbid({ verb: 'list', plural: 'secrets' });

    const { code, out } = await doctor('-A');

    expect(code).toBe(0);
    expect(out).toContain('run it as somebody who may list secrets in all namespaces');
  });

  it('asks for the metadata of Secrets alone', async () => {
    await doctor('-A');

    const secrets = cluster.kube.requests.filter(({ plural }) => plural === 'secrets');
    expect(secrets).toHaveLength(2);
    expect(secrets.every(({ headers }) => headers.accept?.includes('PartialObjectMetadataList'))).toBe(true);
    expect(new Set(cluster.kube.requests.map(({ verb }) => verb))).toEqual(new Set(['list']));
  });

  it('fails where there is no cluster', async () => {
    await cluster.kube[Symbol.asyncDispose]();

    expect(await doctor('-A')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^lockstep: list .*no connection/),
    });
  });

  it.for([['-n', 'No'], ['-o', 'yaml'], ['extra']])('with %j is wrong usage', async (argv) => {
    expect((await doctor(...argv)).code).toBe(2);
  });

  it('with --help names its flags and examples', async () => {
    const { code, out } = await doctor('--help');

    expect(code).toBe(0);
    for (const text of [
      '-n, --namespace <NAMESPACE>',
      '-A, --all-namespaces',
      '--kubeconfig <FILE>',
      '-o, --output <FORMAT>',
      'lockstep doctor -A',
    ]) {
      expect(out).toContain(text);
    }
  });
});

it('the table keeps what others wrote in its line', () => {
  const finding = {
    severity: 'info',
    id: 'eso-running',
    object: 'Deployment a\nb',
    reason: 'x\u001b[31m',
    remedy: 'y',
  } as const;

  expect(formatDoctorTable([finding])).toBe(
    'SEVERITY   ID            OBJECT\ninfo       eso-running   Deployment a b\n  x [31m\n  > y\n',
  );
  expect(formatDoctorTable([])).toBe('');
});
