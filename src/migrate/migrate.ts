import { checkObjectName } from '../secret-objects/kube-syntax.ts';
import { translateClassSecrets } from './class-secrets.ts';
import { translateExternalSecret, type TranslationContext } from './external-secret.ts';
import type { MigrationFinding, Report } from './finding.ts';
import type { MigrateOptions } from './options.ts';
import type { Output } from './output.ts';
import { reportReloader } from './reloader.ts';
import { describeSource, readSources, type SourceFile, type SourceObject } from './source-object.ts';
import { StoreIndex } from './store-index.ts';
import { reportUnsupported } from './unsupported.ts';
import { accountsThatMount, isWorkload } from './workloads.ts';

/** What became of the manifests. */
export interface Migration {
  /** In the order of the input. */
  readonly outputs: readonly Output[];
  readonly findings: readonly MigrationFinding[];
  /** Objects that are none of a tool that lockstep can take the place of: how many of each kind. */
  readonly leftOut: ReadonlyMap<string, number>;
}

const operatorGroups: ReadonlySet<string> = new Set(['external-secrets.io', 'generators.external-secrets.io']);
const operatorVersions: ReadonlySet<string> = new Set(['v1', 'v1beta1']);
const classGroup = 'secrets-store.csi.x-k8s.io';

/**
 * Translates manifests of External Secrets Operator and of the driver's own sync. Whatever is not in the outputs is in the
 * findings, by file, object and field. The same input gives the same answer. Never throws.
 */
export function migrate(files: readonly SourceFile[], options: MigrateOptions): Migration {
  const findings: MigrationFinding[] = [];
  const report: Report = (finding) => void findings.push(finding);
  const sources = readSources(files, report).filter((source) => isUsable(source, report));
  const isStore = ({ group, kind }: SourceObject): boolean =>
    group === 'external-secrets.io' && (kind === 'SecretStore' || kind === 'ClusterSecretStore');
  const stores = new StoreIndex(sources.filter(isStore), report);
  const others = sources.filter((source) => !isStore(source));
  const workloads = others.filter(isWorkload);
  const context = { stores, options, report };
  const leftOut = new Map<string, number>();
  const outputs = others.flatMap((source) => {
    reportReloader(source, report);
    if (operatorGroups.has(source.group)) return translateOperator(source, context);
    const output =
      source.group === classGroup && source.kind === 'SecretProviderClass'
        ? translateClassSecrets(source, context, (...mounted) => accountsThatMount(workloads, ...mounted))
        : undefined;
    if (output === undefined) leftOut.set(source.kind, (leftOut.get(source.kind) ?? 0) + 1);
    return output ?? [];
  });
  return { outputs: withoutRepeated(outputs, report), findings, leftOut };
}

function translateOperator(source: SourceObject, context: TranslationContext): readonly Output[] {
  if (source.kind !== 'ExternalSecret' || source.group !== 'external-secrets.io') {
    reportUnsupported(source, context.report);
    return [];
  }
  const output = translateExternalSecret(source, context);
  return output === undefined ? [] : [output];
}

/** Names become those of files and of objects. */
function isUsable(source: SourceObject, report: Report): boolean {
  const complain = (path: string, rule: MigrationFinding['rule'], message: string): false => {
    const { file, line } = source;
    report({ file, line, severity: 'error', rule, object: describeSource(source), path, message });
    return false;
  };
  const isOurs = operatorGroups.has(source.group) || source.group === classGroup;
  if (!isOurs) return true;
  if (checkObjectName(source.name) !== undefined)
    return complain('metadata.name', 'manifest-invalid', 'is no name of an object');
  if (source.namespace !== '' && checkObjectName(source.namespace) !== undefined) {
    return complain('metadata.namespace', 'manifest-invalid', 'is no name of a namespace');
  }
  if (source.group !== 'external-secrets.io' || operatorVersions.has(source.version)) return true;
  const isTranslated = ['ExternalSecret', 'SecretStore', 'ClusterSecretStore'].includes(source.kind);
  if (!isTranslated) return true;
  return complain('apiVersion', 'api-version-unknown', 'must be external-secrets.io/v1 or v1beta1; update it first');
}

/** Two objects of one name would be written over each other. */
function withoutRepeated(outputs: readonly Output[], report: Report): readonly Output[] {
  const first = new Map<string, Output>();
  return outputs.filter((output) => {
    const key = `${output.namespace}/${output.name}`;
    const earlier = first.get(key);
    first.set(key, earlier ?? output);
    if (earlier === undefined) return true;
    const [, file = '', line = '1'] = /\((.*):(\d+)\)$/.exec(output.origin) ?? [];
    report({
      file,
      line: Number(line),
      severity: 'error',
      rule: 'already-made',
      object: output.origin.replace(/ \(.*$/, ''),
      path: 'metadata.name',
      message: `gives a class of the same name as ${earlier.origin}; rename one of the two`,
    });
    return false;
  });
}
