import { parseSecretObjects } from '../secret-objects/parse.ts';
import { type ClassObjects, toClassObjects } from './class-objects.ts';
import { readWanted } from './external-data.ts';
import { Fields } from './fields.ts';
import type { MigrationFinding, Report } from './finding.ts';
import { classManifest, syncManifest } from './manifests.ts';
import type { MigrateOptions } from './options.ts';
import type { Output } from './output.ts';
import { readInterval } from './refresh.ts';
import { type Selection, selectKeys } from './selection.ts';
import { describeSource, type SourceObject } from './source-object.ts';
import type { StoreIndex } from './store-index.ts';
import { readTarget, type Target } from './target.ts';

export interface TranslationContext {
  readonly stores: StoreIndex;
  readonly options: MigrateOptions;
  readonly report: Report;
}

/** An ExternalSecret as a class and a SecretProviderClassSync of its name. Undefined: nothing of it can be kept; why is reported. */
export function translateExternalSecret(source: SourceObject, context: TranslationContext): Output | undefined {
  const findings: MigrationFinding[] = [];
  const report: Report = (finding) => {
    findings.push(finding);
    context.report(finding);
  };
  const root = Fields.of(source, report);
  root.skip('apiVersion', 'kind', 'metadata', 'status');
  const spec = root.fields('spec');
  if (spec === undefined) {
    root.remark('spec', { rule: 'manifest-invalid', message: 'is missing' });
    return undefined;
  }
  const read = readSpec(spec, source, context.stores);
  root.finish();
  const manifests = read && toManifests(read, { spec, source, options: context.options });
  if (manifests === undefined) return undefined;
  const { name, namespace } = source;
  const origin = `${describeSource(source)} (${source.file}:${source.line})`;
  return { name, namespace, origin, manifests, remarks: read?.target.remarks ?? [], findings };
}

interface ReadSpec {
  readonly selection: Selection;
  readonly target: Target;
  readonly interval: string;
}

function readSpec(spec: Fields, source: SourceObject, stores: StoreIndex): ReadSpec | undefined {
  const wanted = readWanted(spec, { stores, namespace: source.namespace });
  const target = readTarget(spec, source);
  const interval = readInterval(spec);
  return target && { target, interval, selection: selectKeys(wanted, target.template, spec) };
}

interface Asked {
  readonly spec: Fields;
  readonly source: SourceObject;
  readonly options: MigrateOptions;
}

/** The class first. Undefined: nothing is left to read. */
function toManifests({ selection, target, interval }: ReadSpec, asked: Asked): readonly object[] | undefined {
  const { spec, source, options } = asked;
  const objects = toClassObjects(selection, spec);
  if (objects === undefined) {
    spec.remark(undefined, {
      rule: 'manifest-invalid',
      message:
        'has nothing that lockstep can read, so that no class is made of it; leave it with External Secrets Operator',
    });
    return undefined;
  }
  const secretObject = toSecretObject(target, objects);
  checkSecretObject(secretObject, spec);
  const { name, namespace } = source;
  const sync = {
    className: name,
    serviceAccount: toAccount(objects, asked),
    interval,
    credentials: toCredentials(objects, asked),
    secretObjects: [secretObject],
  };
  const { provider, parameters, entries } = objects;
  const place = { name, namespace };
  return [classManifest(place, provider, { parameters, objects: entries }), syncManifest(place, sync, options)];
}

/** Without `data` every file of the class becomes a key, which is what an extract is for. */
function toSecretObject(target: Target, { keys, hasExtracts }: ClassObjects): object {
  const { secretName, type, immutable, labels, annotations } = target;
  return {
    secretName,
    type: type || 'Opaque',
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(immutable && { immutable }),
    ...(!hasExtracts && { data: keys.map((key) => ({ objectName: key, key })) }),
  };
}

function checkSecretObject(secretObject: object, spec: Fields): void {
  const parsed = parseSecretObjects([secretObject], 'secretObjects');
  if (parsed.ok) return;
  for (const { path, message } of parsed.problems) {
    spec.remark(undefined, { rule: 'manifest-invalid', message: `would become ${path}, which ${message}` });
  }
}

function toAccount({ stores }: ClassObjects, { spec, source, options }: Asked): string {
  const accounts = stores.flatMap(({ account }) => (account === undefined ? [] : [account]));
  const foreign = accounts.find(({ namespace }) => namespace !== '' && namespace !== source.namespace);
  if (foreign !== undefined) {
    spec.remark(undefined, {
      rule: 'service-account',
      message:
        `reads its store as the service account ${foreign.namespace}/${foreign.name}, and lockstep takes one of the namespace ` +
        `only: make a service account ${foreign.name} here that the role of the store binds`,
    });
  }
  // AppRole and token logins need none, and the field must say something.
  const needsNone = stores.every(({ credentials }) => credentials !== undefined);
  if (accounts.length === 0 && options.serviceAccount === undefined && !needsNone) {
    spec.remark(undefined, {
      rule: 'service-account',
      message:
        "names no service account of the namespace, so that default is written; name one that the store's role binds with " +
        '--service-account',
    });
  }
  return accounts[0]?.name ?? options.serviceAccount ?? 'default';
}

function toCredentials({ stores }: ClassObjects, { spec, source: { namespace } }: Asked): string | undefined {
  const credentials = stores.find((store) => store.credentials !== undefined)?.credentials;
  if (credentials !== undefined && credentials.namespace !== '' && credentials.namespace !== namespace) {
    spec.remark(undefined, {
      rule: 'static-credentials',
      message: `logs in with the Secret ${credentials.namespace}/${credentials.name}, and lockstep takes one of the namespace only: put it here`,
    });
  }
  return credentials?.name;
}
