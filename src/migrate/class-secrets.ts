import { isProviderName, providerNames } from '../core/provider-names.ts';
import { parseSecretObjects } from '../secret-objects/parse.ts';
import type { TranslationContext } from './external-secret.ts';
import { Fields } from './fields.ts';
import type { MigrationFinding } from './finding.ts';
import { syncLabel, syncManifest } from './manifests.ts';
import type { MigrateOptions } from './options.ts';
import type { Output } from './output.ts';
import { describeSource, membersOf, type SourceObject } from './source-object.ts';

/** Accounts of the pods that mount a class; more than one where they differ. */
export type AccountsOf = (namespace: string, className: string) => readonly string[];

/** A class whose `secretObjects` the driver keeps. Undefined: there are none, or lockstep cannot; why is reported. */
export function translateClassSecrets(
  source: SourceObject,
  { options, report }: Omit<TranslationContext, 'stores'>,
  accountsOf: AccountsOf,
): Output | undefined {
  const findings: MigrationFinding[] = [];
  const root = Fields.of(source, (finding) => {
    findings.push(finding);
    report(finding);
  });
  const { secretObjects, ...rest } = membersOf(source.body['spec']);
  if (!Array.isArray(secretObjects) || secretObjects.length === 0 || !isServed(root)) return undefined;
  checkSecretObjects(secretObjects, root);
  const place = { name: source.name, namespace: source.namespace };
  const sync = {
    className: source.name,
    serviceAccount: toAccount(accountsOf(source.namespace, source.name), options, root),
    interval: undefined,
    credentials: undefined,
    secretObjects: secretObjects.map(membersOf),
  };
  const spec = { ...rest, ...(options.mode === 'Shadow' && { secretObjects }) };
  return {
    ...place,
    origin: `${describeSource(source)} (${source.file}:${source.line})`,
    manifests: [toClass(source, spec), syncManifest(place, sync, options)],
    remarks: [options.mode === 'Shadow' ? keepsObjects : hasNoObjects],
    findings,
  };
}

const keepsObjects = 'the class keeps its secretObjects, so that the driver goes on; lockstep only compares';
const hasNoObjects = "the class has no secretObjects any more, so that the driver's sync leaves the Secret alone";

function isServed(root: Fields): boolean {
  const spec = root.fields('spec');
  if (spec === undefined || isProviderName(spec.text('provider'))) return spec !== undefined;
  spec.remark('provider', {
    rule: 'class-provider',
    message: `is not one that lockstep serves (${providerNames.join(', ')}); leave this class with the driver`,
  });
  return false;
}

function checkSecretObjects(secretObjects: readonly unknown[], root: Fields): void {
  const parsed = parseSecretObjects(secretObjects, 'spec.secretObjects');
  for (const { path, message } of parsed.ok ? [] : parsed.problems) {
    root.remark(undefined, { rule: 'manifest-invalid', message: `${path} ${message}` });
  }
}

function toAccount(accounts: readonly string[], { serviceAccount }: MigrateOptions, root: Fields): string {
  const [first = 'default', ...others] = accounts;
  if (accounts.length === 1) return first;
  if (serviceAccount !== undefined) return serviceAccount;
  const who = others.length > 0 ? `is mounted as ${accounts.join(', ')}` : 'is mounted by no workload of the input';
  root.remark(undefined, {
    rule: 'service-account',
    message: `${who}, and one service account has to read for the Secret: name it with --service-account, or correct the output`,
  });
  return first;
}

/** The same class with our label, without what the API server wrote. */
function toClass({ body }: SourceObject, spec: object): object {
  const { name, namespace, labels, annotations } = membersOf(body['metadata']);
  const kept = Object.entries(membersOf(annotations)).filter(
    ([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return {
    apiVersion: body['apiVersion'],
    kind: body['kind'],
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...membersOf(labels), [syncLabel]: 'true' },
      ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
    },
    spec,
  };
}
