import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { isFrozen } from '../../src/rollout/workloads/mode-label.ts';
import { argoActions, argoHealth, kstatus, type Resource, runArgoAction } from '../gitops.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { ControllerStand } from './harness/controller-stand.ts';
import { freePort } from './harness/processes.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import { soon } from './harness/until.ts';

interface Metadata {
  readonly generation: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

controllerE2e({ name: 'GitOps tools', slug: 'gitops' }, (stand) => {
  it('take a sync that no controller has looked at for one in progress', async () => {
    await stand().putSecret('good');
    await stand().tenant.putPair('good', 'good');
    const object = await readObject(stand(), 'good');
    expect(object['status']).toEqual({ observedGeneration: -1 });
    expect(argoHealth(object)).toEqual({ status: 'Progressing', message: 'the controller has not looked at it yet' });
    expect(kstatus(object).status).toBe('InProgress');
    expect(argoActions(object)).toEqual(['force-sync', 'freeze']);
  });

  describe('with a controller', () => {
    beforeAll(async () => {
      await stand().startController('--interval=1h');
      await putSyncs(stand());
    });

    it.for([
      { name: 'good', reason: 'Synced', argo: 'Healthy', flux: 'Current' },
      { name: 'compared', reason: 'Shadowed', argo: 'Healthy', flux: 'Current' },
      { name: 'missing', reason: 'VaultNotFound', argo: 'Degraded', flux: 'Failed' },
      { name: 'taken', reason: 'SecretConflict', argo: 'Degraded', flux: 'Failed' },
      { name: 'unreachable', reason: 'VaultUnreachable', argo: 'Progressing', flux: 'InProgress' },
      { name: 'asleep', reason: 'Suspended', argo: 'Suspended', flux: 'InProgress' },
      { name: 'dozing', reason: 'Suspended', argo: 'Suspended', flux: 'Current' },
    ])('take a sync that says $reason for $argo and $flux', async ({ name, reason, argo, flux }) => {
      const { message } = await stand().tenant.reason(name, reason);
      const object = await readObject(stand(), name);
      expect(argoHealth(object)).toEqual({ status: argo, message: expect.stringContaining(message) });
      expect(kstatus(object).status).toBe(flux);
    });

    it('take a sync that was edited for one in progress', async () => {
      await stand().tenant.ready('good');
      const object = withMetadata(await readObject(stand(), 'good'), { generation: 9 });
      expect([argoHealth(object).status, kstatus(object).status]).toEqual(['Progressing', 'InProgress']);
    });

    it('take a sync whose rollout stands still for healthy, and say that it does', async () => {
      const object = await readObject(stand(), 'good');
      const halted = withRollout(object, { state: 'Halted', version: '0123456789ab' });
      expect(argoHealth(halted).status).toBe('Healthy');
      expect(argoHealth(halted).message).toMatch(/; rollout Halted: /);
      expect(kstatus(halted).status).toBe('Current');
    });

    it('find nothing to correct about a sync that the controller works on', async () => {
      await stand().tenant.ready('good');
      const file = writeManifest(stand(), 'sync', {
        apiVersion: 'lockstep.dev/v1alpha1',
        kind: 'SecretProviderClassSync',
        metadata: { name: 'good' },
        spec: { secretProviderClassName: 'good', serviceAccountName: 'app' },
      });
      const args = [
        '--server-side',
        '--force-conflicts',
        '--field-manager=kustomize-controller',
        '-f',
        file,
        inTenant(),
      ];
      expect(await stand().kubectl('apply', ...args)).toMatchObject({ code: 0 });
      expect(await stand().kubectl('diff', ...args)).toEqual({ code: 0, output: '' });
    });

    it('find nothing of theirs on a Secret, whatever they wrote on its sync', async () => {
      const { tenant } = stand();
      await tenant.putClass('tracked', { objects: oneObject('good'), secretObjects: oneSecret('tracked') });
      await tenant.putSync(
        'tracked',
        {},
        {
          labels: { 'app.kubernetes.io/instance': 'shop', 'kustomize.toolkit.fluxcd.io/name': 'shop' },
          annotations: { 'argocd.argoproj.io/tracking-id': 'shop:lockstep.dev/SecretProviderClassSync:gitops/tracked' },
        },
      );
      await tenant.ready('tracked');
      const metadata = (await tenant.readSecret('tracked'))?.metadata;
      expect(metadata?.labels).toEqual({ 'lockstep.dev/managed': 'true' });
      expect(metadata?.annotations).toEqual({ 'lockstep.dev/owner': 'tracked' });
      expect(metadata?.ownerReferences).toBeUndefined();
    });

    describe('by an action', () => {
      it.for([
        { what: 'is current', rollout: { state: 'Complete', version: 'v' }, offered: ['force-sync', 'freeze'] },
        {
          what: 'waits for approval',
          rollout: { state: 'AwaitingApproval', version: 'v' },
          offered: ['approve', 'force-sync', 'freeze'],
        },
        { what: 'halted', rollout: { state: 'Halted', version: 'v' }, offered: ['force-sync', 'freeze', 'resume'] },
        { what: 'has nothing to approve', rollout: { state: 'AwaitingApproval' }, offered: ['force-sync', 'freeze'] },
      ])('offer what fits a sync that $what', async ({ rollout, offered }) => {
        expect(argoActions(withRollout(await readObject(stand(), 'good'), rollout))).toEqual(offered);
      });

      it('offer no sync of one that is suspended', async () => {
        expect(argoActions(await readObject(stand(), 'asleep'))).toEqual(['freeze']);
      });

      it('sync at once', async () => {
        const { tenant } = stand();
        const value = await stand().putSecret('good');
        await act(stand(), 'force-sync', 'good');
        await tenant.value('good', value);
        const echo = async (): Promise<string | undefined> =>
          (await tenant.readSync('good'))?.status?.lastHandledSyncRequest;
        await expect.poll(echo, soon).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
      });

      it('freeze it, and take that back', async () => {
        await act(stand(), 'freeze', 'good');
        const frozen = await readObject(stand(), 'good');
        expect(isFrozen(metadataOf(frozen).labels)).toBe(true);
        expect(argoActions(frozen)).toEqual(['force-sync', 'thaw']);
        await act(stand(), 'thaw', 'good');
        const thawed = await readObject(stand(), 'good');
        expect(isFrozen(metadataOf(thawed).labels)).toBe(false);
        expect(argoActions(thawed)).toEqual(['force-sync', 'freeze']);
      });

      it.for([
        { action: 'approve', state: 'AwaitingApproval' },
        { action: 'resume', state: 'Halted' },
      ])('$action the version that the status names', async ({ action, state }) => {
        const object = withRollout(await readObject(stand(), 'good'), { state, version: '0123456789ab' });
        const annotations = metadataOf(runArgoAction(action, object)).annotations;
        expect(annotations).toEqual({
          ...metadataOf(object).annotations,
          [`lockstep.dev/${action}`]: '0123456789ab',
        });
      });
    });
  });

  function inTenant(): string {
    return `--namespace=${stand().tenant.namespace}`;
  }
});

/** One of each kind of answer. */
async function putSyncs({ tenant }: ControllerStand): Promise<void> {
  await tenant.putForeign('taken', { a: 'somebody else’s' });
  await tenant.putPair('taken', 'good');
  await tenant.putClass('compared', { objects: oneObject('good'), secretObjects: oneSecret('taken') });
  await tenant.putSync('compared', { mode: 'Shadow' });
  await tenant.putPair('missing', 'missing');
  await tenant.putClass('unreachable', {
    objects: oneObject('good'),
    secretObjects: oneSecret('unreachable'),
    parameters: { vaultAddress: `http://127.0.0.1:${await freePort()}` },
  });
  await tenant.putSync('unreachable');
  await tenant.putPair('asleep', 'good', { suspend: true });
  await tenant.putPair('dozing', 'good');
  await tenant.ready('dozing');
  await tenant.patchSync('dozing', { spec: { suspend: true } });
}

async function readObject({ tenant, kube }: ControllerStand, name: string): Promise<Resource> {
  return await kube.call('GET', tenant.syncPath(name));
}

/** What Argo CD does with an action: it patches the object into what the script returned. */
async function act(stand: ControllerStand, action: string, name: string): Promise<void> {
  const { labels, annotations } = metadataOf(runArgoAction(action, await readObject(stand, name)));
  await stand.tenant.patchSync(name, { metadata: { labels, annotations } });
}

function metadataOf(object: Resource): Metadata {
  // The edge of the harness: every object has metadata.
  return object['metadata'] as Metadata;
}

function withMetadata(object: Resource, changes: Partial<Metadata>): Resource {
  return { ...object, metadata: { ...metadataOf(object), ...changes } };
}

/** As rollouts write it. */
function withRollout(object: Resource, rollout: { readonly state: string; readonly version?: string }): Resource {
  const status = object['status'] as { readonly conditions?: readonly object[] };
  const condition = {
    type: 'RolloutComplete',
    status: rollout.state === 'Complete' ? 'True' : 'False',
    reason: rollout.state,
    message: 'what it waits for',
  };
  return { ...object, status: { ...status, rollout, conditions: [...(status.conditions ?? []), condition] } };
}

function writeManifest({ dir }: ControllerStand, name: string, object: Resource): string {
  const file = join(dir, `${name}.yaml`);
  writeFileSync(file, stringify(object));
  return file;
}
