import { describe, expect, it } from 'vitest';

import { externalSecret, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('Of a target', () => {
  it('name, type and immutable are kept', () => {
    const target = { name: 'other', immutable: true, template: { type: 'kubernetes.io/basic-auth' } };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({ target })]);

    expect(findings).toEqual([]);
    expect(syncs[0]?.secretObjects).toMatchObject([
      { secretName: 'other', type: 'kubernetes.io/basic-auth', immutable: true },
    ]);
  });

  it('labels and annotations are those of the ExternalSecret, without the ones by which other tools know their own', () => {
    const metadata = {
      labels: { app: 'db', 'app.kubernetes.io/name': 'db', 'app.kubernetes.io/instance': 'argo' },
      annotations: { owner: 'team', 'argocd.argoproj.io/tracking-id': 'x', 'force-sync': '1' },
    };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({}, metadata)]);

    expect(findings).toEqual([]);
    expect(syncs[0]?.secretObjects).toMatchObject([
      { labels: { app: 'db', 'app.kubernetes.io/name': 'db' }, annotations: { owner: 'team' } },
    ]);
    expect(syncs[0]?.secretObjects[0]?.['labels']).not.toHaveProperty('app.kubernetes.io/instance');
  });

  it('labels and annotations are those of the template where there is one', () => {
    const template = { metadata: { labels: { a: 'b', c: '{{ .d }}' }, annotations: { e: 'f' }, finalizers: ['x/y'] } };
    const target = { template };
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret({ target }, { labels: { app: 'db' } })]);

    expect(syncs[0]?.secretObjects).toMatchObject([{ labels: { a: 'b' }, annotations: { e: 'f' } }]);
    expect(findings).toEqual(
      starts(
        'error metadata spec.target.template.metadata.finalizers',
        'error template spec.target.template.metadata.labels.c',
      ),
    );
  });

  it.for([
    [{ creationPolicy: 'Owner' }, []],
    [{ creationPolicy: 'Orphan' }, []],
    [{ creationPolicy: 'Merge' }, ['error creation-policy spec.target.creationPolicy: is Merge']],
    [{ creationPolicy: 'CreateOrMerge' }, ['error creation-policy spec.target.creationPolicy: is CreateOrMerge']],
    [{ creationPolicy: 'Borrow' }, ['error manifest-invalid spec.target.creationPolicy']],
    [{ deletionPolicy: 'Retain' }, []],
    [{ deletionPolicy: 'Delete' }, ['warning deletion-policy spec.target.deletionPolicy']],
    [{ deletionPolicy: 'Merge' }, ['warning deletion-policy spec.target.deletionPolicy']],
  ] as const)('%j is translated, and what differs is said', ([target, findings]) => {
    const made = translate([vaultStoreObject(), externalSecret({ target })]);

    expect(made.findings).toEqual(starts(...findings));
    expect(made.syncs).toMatchObject([{ deletionPolicy: 'Retain' }]);
  });

  it.for([
    [{ creationPolicy: 'None' }, 'error creation-policy spec.target.creationPolicy'],
    [{ manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }, 'error target spec.target.manifest'],
  ] as const)('%j leaves nothing to keep', ([target, finding]) => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret({ target })]);

    expect({ manifests, findings }).toEqual({ manifests: [], findings: starts(finding) });
  });
});
