import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { DoctorFinding } from '../../src/doctor/finding.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { readManifests } from './harness/apply-manifests.ts';
import { mainFile } from './harness/daemon.ts';
import { type Finished, kubectl, run } from './harness/kubectl.ts';
import { writeKubeconfig } from './harness/kubeconfig.ts';
import { classGroup } from './harness/tenant.ts';

const namespace = 'doctor';
const apps = '/apis/apps/v1/namespaces';
const sockets = { name: 'sockets', hostPath: { path: '/var/run/secrets-store-csi-providers' } };

apiE2e('lockstep doctor on a real API server', namespace, (stand) => {
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'lockstep-doctor-'));
    const { kube } = stand();
    await kube.call('POST', `${classGroup}/namespaces/${namespace}/secretproviderclasses`, {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name: 'web' },
      spec: { provider: 'aws', parameters: { objects: '[]' } },
    });
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    for (const plural of ['daemonsets', 'deployments']) await stand().kube.remove(`${apps}/${namespace}/${plural}`);
    await stand().kube.remove(`${classGroup}/namespaces/${namespace}/secretproviderclasses`);
  });

  async function doctor(kubeconfig: string, ...flags: readonly string[]): Promise<Finished> {
    return await run(process.execPath, [mainFile, 'doctor', '--kubeconfig', kubeconfig, ...flags]);
  }

  async function find(...flags: readonly string[]): Promise<readonly string[]> {
    const { output } = await doctor(stand().cluster.kubeconfig, ...flags, '-o', 'json');
    const findings = JSON.parse(output) as readonly DoctorFinding[];
    return findings.map(({ severity, id, object }) => `${severity} ${id} ${object}`);
  }

  async function putWorkload(kind: 'DaemonSet' | 'Deployment', name: string, pod: object): Promise<void> {
    const labels = { app: name };
    await stand().kube.call('POST', `${apps}/${namespace}/${kind.toLowerCase()}s`, {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        ...(kind === 'Deployment' && { replicas: 0 }),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { nodeSelector: { 'no-such-node': 'true' }, ...pod } },
      },
    });
  }

  it('says what this cluster lacks', async () => {
    const found = await find('-n', namespace);

    expect(found).toEqual([
      'error audience-missing CSIDriver secrets-store.csi.k8s.io',
      expect.stringMatching(/^warning policy-missing /),
      'warning driver-missing cluster',
    ]);
  });

  it('names the driver with its dangerous interval, the other provider, and the other tools', async () => {
    const flags = ['enable-secret-rotation=true', 'rotation-poll-interval=1h', 'provider-volume=/providers'];
    const driver = {
      name: 'driver',
      image: 'registry.k8s.io/csi-secrets-store/driver:v1.6.0',
      args: flags.map((flag) => `--${flag}`),
    };
    await putWorkload('DaemonSet', 'csi', { containers: [driver], volumes: [sockets] });
    const vault = { name: 'vault', image: 'hashicorp/vault-csi-provider:1.7.4' };
    await putWorkload('DaemonSet', 'vault', { containers: [vault], volumes: [sockets] });
    const operator = { name: 'eso', image: 'ghcr.io/external-secrets/external-secrets:v2.9.0' };
    await putWorkload('Deployment', 'external-secrets', { containers: [operator] });
    const reloader = { name: 'reloader', image: 'ghcr.io/stakater/reloader:v1.4.21' };
    await putWorkload('Deployment', 'reloader', { containers: [reloader] });

    expect(await find('-n', namespace)).toEqual([
      'error rotation-poll-interval DaemonSet doctor/csi',
      'error republish-off CSIDriver secrets-store.csi.k8s.io',
      'error audience-missing CSIDriver secrets-store.csi.k8s.io',
      expect.stringMatching(/^warning policy-missing /),
      'info provider-foreign DaemonSet doctor/vault',
      'info eso-running Deployment doctor/external-secrets',
      'info reloader-running Deployment doctor/reloader',
    ]);
  });

  it('prints a table and ends with 1 for the errors', async () => {
    const { code, output } = await doctor(stand().cluster.kubeconfig, '-A');

    expect(code).toBe(1);
    expect(output).toMatch(/^SEVERITY +ID +OBJECT\nerror /);
    // Others are there too: what the suites before have left.
    expect(output).toMatch(
      /^error +rotation-poll-interval +DaemonSet doctor\/csi\n {2}--rotation-poll-interval is 1h: /m,
    );
    expect(output).toMatch(/\n\d+ errors, \d+ warnings, \d+ for information\n$/);
  });

  it('finds the policies once they are there', async () => {
    const policies = readManifests('policies/*.yaml');
    for (const file of policies) {
      const plural = file.kind.endsWith('Policy') ? `${file.kind.slice(0, -1)}ies` : `${file.kind}s`;
      const path = `/apis/${file.apiVersion}/${plural.toLowerCase()}`;
      if (file.kind.startsWith('Validating')) await stand().kube.call('POST', path, file);
    }
    try {
      expect((await find('-n', namespace)).filter((text) => text.includes('policy-missing'))).toEqual([]);
    } finally {
      for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy']) {
        const names = policies.filter((each) => each.kind.toLowerCase() === kind).map(({ metadata }) => metadata.name);
        await kubectl(stand().cluster.kubeconfig, 'delete', kind, ...names);
      }
    }
  });

  it('as somebody who may look at one namespace names the rest, with the right that is missing', async () => {
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['list'] }];
    await stand().createAuthor('reader', rules);
    const audience = 'https://kubernetes.default.svc.cluster.local';
    const { token } = await stand().kube.createToken({ namespace, serviceAccount: 'reader', audience });
    const { server, ca } = stand().cluster;
    const kubeconfig = join(dir, 'kubeconfig');
    writeKubeconfig(kubeconfig, { server, ca, token, namespace });

    const { code, output } = await doctor(kubeconfig);

    expect(code).toBe(0);
    expect(output).toContain('run it as somebody who may list daemonsets.apps in all namespaces');
    expect(output).toContain('run it as somebody who may list csidrivers.storage.k8s.io in all namespaces');
    expect(output).not.toContain('secretproviderclasses');
  });
});
