import type { Report } from './finding.ts';
import { describeSource, type SourceObject } from './source-object.ts';

const reasons: ReadonlyMap<string, string> = new Map([
  ['PushSecret', 'writes to a store, which lockstep never does; leave it with External Secrets Operator'],
  ['ClusterPushSecret', 'writes to a store, which lockstep never does; leave it with External Secrets Operator'],
  [
    'ClusterExternalSecret',
    'makes an ExternalSecret in many namespaces: lockstep keeps namespaces apart, so let your GitOps tool put class and ' +
      'SecretProviderClassSync into each. Translate what it made: kubectl get externalsecrets -A -o yaml',
  ],
]);

/** Reports an object of the operator that has no counterpart. */
export function reportUnsupported(source: SourceObject, report: Report): void {
  const isGenerator = source.group === 'generators.external-secrets.io';
  const message = isGenerator
    ? 'makes values, which lockstep does not; it reads them. Leave it and what uses it with External Secrets Operator'
    : (reasons.get(source.kind) ?? 'is not known to this command; it is left out');
  report({
    file: source.file,
    line: source.line,
    severity: 'error',
    rule: isGenerator ? 'generator' : 'kind-unsupported',
    object: describeSource(source),
    path: '',
    message,
  });
}
