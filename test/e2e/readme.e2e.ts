import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type {} from './harness/e2e.ts';
import type { Finished } from './harness/kubectl.ts';
import { ReadmeStand, system } from './harness/readme-stand.ts';

const run = inject('e2e');
const skipped = 'missing' in run;
const manifests = '-f deploy/crds -f deploy/policies -f deploy/rbac';

describe.skipIf(skipped)(`README.md${skipped ? ` (skipped: ${run.missing})` : ''}`, () => {
  let stand: ReadmeStand;
  beforeAll(async () => {
    if ('missing' in run) return;
    stand = await ReadmeStand.start(run);
  });
  afterAll(async () => stand?.close());

  /** Runs a command of the page. */
  const done = async (command: string, environment?: Readonly<Record<string, string>>): Promise<string> => {
    const { code, output } = await stand.readme.run(command, environment);
    if (code !== 0) throw new Error(`${command}: ${code} ${output}`);
    return output;
  };

  it('has code for shells only, so that nothing of it goes unnoticed here', () => {
    expect(new Set(stand.readme.languages)).toEqual(new Set(['sh']));
  });

  it('installs and tests with what CI runs from a bare clone', () => {
    stand.readme.take('npm ci');
    stand.readme.take('npm cit');
    // npm ci, then npm test.
    expect(readFileSync('.ci/run', 'utf8')).toMatch(/^[^#\n]*\bstep \w+ npm cit\b/m);
  });

  it('shows a demo that mounts, rotates and ends', async () => {
    const output = await done('npm run demo');

    expect(output).toMatch(/vault-kv +provider vault mounted in \d+ ms/);
    expect(output).toContain('The new values are mounted');
    expect(output).toMatch(/^7 Done +\d+ mounts of 7 volumes/m);
  });

  it.for([
    ['provider --help', 'Usage: lockstep provider [options]'],
    ['controller --help', 'Usage: lockstep controller [options]'],
    ['rollout approve --help', 'Usage: lockstep rollout [options] <ACTION NAME...>'],
  ] as const)('lets lockstep %s explain itself', async ([command, usage]) => {
    expect(await done(`npm run -s lockstep -- ${command}`)).toMatch(usage);
  });

  describe('with a class in a file', () => {
    beforeAll(async () => {
      stand.writeClass();
      await stand.logIn();
    });

    it('checks it', async () => {
      expect(await done('npm run -s lockstep -- lint my-class.yaml')).toContain('0 errors');
    });

    it('mounts it, with the token that vault login left', async () => {
      const command = 'npm run -s lockstep -- mount -f my-class.yaml --name my-class -o ./secrets';
      const output = await done(command, { VAULT_ADDR: stand.vault.address });

      const { username, password, token } = stand.values;
      const dir = join(stand.readme.dir, 'secrets');
      const files = { 'db/username': username, 'db/password': password, 'legacy-token': token };
      const read = Object.keys(files).map((file) => [file, readFileSync(join(dir, file), 'utf8')] as const);
      expect(Object.fromEntries(read)).toEqual(files);
      expect(statSync(join(dir, 'db/password')).mode & 0o777).toBe(0o400);
      for (const file of Object.keys(files)) expect(output).toContain(file);
    });
  });

  describe('on a cluster that never heard of lockstep', () => {
    it('brings the kinds, the policies and the rights of the controller', async () => {
      const applied = await done(
        'kubectl apply -f deploy/crds -f deploy/policies/token-requests.yaml -f deploy/policies/sync-authors.yaml -f deploy/policies/class-authors.yaml',
      );
      const created = await done(`kubectl create namespace ${system}`);
      const allowed = await done('kubectl apply -f deploy/rbac');

      for (const line of (applied + created + allowed).trim().split('\n')) expect(line).toMatch(/ created$/);
      expect(applied).toContain('/secretproviderclasssyncs.lockstep.dev created');
      for (const policy of ['token-requests', 'sync-authors', 'class-authors']) {
        expect(applied).toMatch(new RegExp(`^validatingadmissionpolicy\\S+/lockstep-${policy} created$`, 'm'));
      }
      expect(allowed).toContain('serviceaccount/lockstep-controller created');
    });

    it('keeps a class as Secrets once it has a label and an annotation', async () => {
      await done('kubectl label secretproviderclass db lockstep.dev/sync=true');
      await done('kubectl annotate secretproviderclass db lockstep.dev/service-account=shop');
      // Typed faster than the controller works: there is no SecretProviderClassSync yet.
      await Promise.all([done('kubectl wait --for=create --for=condition=Ready spcsync/db'), stand.startController()]);

      const { username, password } = stand.values;
      expect(await stand.tenant.readSecret('shop-database')).toMatchObject({ data: { username, password } });
    });

    it('shows what became of it', async () => {
      expect(await done('npm run -s lockstep -- status -A')).toMatch(/^shop +db +True +/m);
    });

    it('shows what a change of it would roll out', async () => {
      await stand.createDeployment();

      expect(await done('npm run -s lockstep -- plan -A')).toMatch(/^Deployment +web +Restart +2 .* shop-database$/m);
    });

    it('installs the chart, where what was brought by hand is gone', async () => {
      await stand.stopController();
      expect(await stand.readme.sh(`kubectl delete ${manifests} --ignore-not-found`)).toMatchObject({ code: 0 });
      const daemonSet = `/apis/apps/v1/namespaces/${system}/daemonsets/lockstep-provider`;

      const [output, job]: readonly [string, Finished] = await Promise.all([
        done('helm install lockstep deploy/charts/lockstep --namespace lockstep-system --create-namespace'),
        stand.playKubelet().runJob('lockstep-version-key'),
      ]);

      expect(job).toMatchObject({ code: 0 });
      expect(output).toContain('STATUS: deployed');
      expect(await stand.find(daemonSet)).toBeDefined();
    });
  });

  it('has no command that nothing here runs', () => {
    expect(stand.readme.left).toEqual([]);
    expect(stand.readme.commands.length).toBeGreaterThan(15);
  });

  it('has no command that shows a value or a token', () => {
    expect(stand.evidence.sources).toEqual(expect.arrayContaining(['commands', 'logs of the controller']));
    expect(stand.evidence.leaks()).toEqual([]);
  });
});
