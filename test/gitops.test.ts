import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { controllerFlags } from '../src/config/controller-flags.ts';
import { names } from '../src/controller/names.ts';
import { resources } from '../src/kube/objects.ts';
import { rolloutNames } from '../src/rollout/names.ts';
import { actionNames, type IgnoredDifferences, readArgoSettings } from './gitops.ts';

const settings = readArgoSettings();
const application = parse(await readFile('deploy/gitops/argocd/application.yaml', 'utf8'));
const template = [rolloutNames.hashes, rolloutNames.pins];
const ofSync = [
  pointer('/metadata/annotations', names.forceSync),
  pointer('/metadata/annotations', rolloutNames.approve),
  pointer('/metadata/annotations', rolloutNames.resume),
  pointer('/metadata/labels', rolloutNames.freeze),
];
const { group, kind } = resources.syncs;

describe('the settings for Argo CD', () => {
  it.for(['deployments', 'statefulSets', 'daemonSets', 'cronJobs'] as const)(
    'let the annotations of rollouts be on pod templates of %s',
    (name) => {
      const { group: ofKind, kind: workload } = resources[name];
      const path = name === 'cronJobs' ? '/spec/jobTemplate/spec/template' : '/spec/template';
      const wanted = {
        managedFieldsManagers: [controllerFlags.rolloutFieldManager.fallback],
        jsonPointers: template.map((annotation) => pointer(`${path}/metadata/annotations`, annotation)),
      };

      expect(parse(settings[`resource.customizations.ignoreDifferences.${ofKind}_${workload}`] ?? '')).toEqual(wanted);
      const { group: _, kind: __, ...said } = ignoredOf(ofKind, workload);
      expect(said).toEqual(wanted);
    },
  );

  it('let be what people and actions set on a SecretProviderClassSync', () => {
    const wanted = { jsonPointers: ofSync };
    expect(parse(settings[`resource.customizations.ignoreDifferences.${group}_${kind}`] ?? '')).toEqual(wanted);
    expect(ignoredOf(group, kind)).toEqual({ group, kind, ...wanted });
  });

  it('know the kind by its name', () => {
    const own = Object.keys(settings).filter((key) => key.includes('lockstep'));
    expect(own.map((key) => key.replace(`.${group}_${kind}`, ''))).toEqual([
      'resource.customizations.health',
      'resource.customizations.actions',
      'resource.customizations.ignoreDifferences',
    ]);
    expect(actionNames).toEqual(['force-sync', 'approve', 'resume', 'freeze', 'thaw']);
  });

  it('do not overwrite at a sync what they ignore', () => {
    expect(application.spec.syncPolicy.syncOptions).toContain('RespectIgnoreDifferences=true');
    expect(application.spec.syncPolicy.syncOptions).not.toContain('Replace=true');
  });
});

describe('the settings for Flux', async () => {
  const documents = parseAllDocuments(await readFile('deploy/gitops/flux/kustomizations.yaml', 'utf8'));
  const [secrets, workloads] = documents.map((document) => document.toJS());

  it('wait for the Secrets before the workloads come', () => {
    expect(secrets.spec.wait).toBe(true);
    expect(workloads.spec.dependsOn).toEqual([{ name: secrets.metadata.name }]);
  });

  it('make no workload anew', () => {
    expect(workloads.spec.force).toBe(false);
  });
});

describe('docs/gitops.md', async () => {
  const guide = await readFile('docs/gitops.md', 'utf8');

  it.for([...actionNames, ...template, controllerFlags.rolloutFieldManager.fallback])('tells of %s', (name) => {
    expect(guide).toContain(`\`${name}\``);
  });
});

function ignoredOf(ofGroup: string, ofKind: string): IgnoredDifferences {
  const all: readonly IgnoredDifferences[] = application.spec.ignoreDifferences;
  const found = all.find((each) => each.group === ofGroup && (each.kind === ofKind || each.kind === '*'));
  if (found === undefined) throw new Error(`nothing is ignored about ${ofKind}`);
  return found;
}

/** A JSON pointer to a key with a slash in it. */
function pointer(path: string, key: string): string {
  return `${path}/${key.replaceAll('/', '~1')}`;
}
