/** One thing that a translation has to say about a manifest. */
export interface MigrationFinding {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** `error`: something of the manifest is not in the output. `warning`: it is, and somebody has to know or do something. */
  readonly severity: 'error' | 'warning';
  readonly rule: MigrationRule;
  /** `ExternalSecret shop/db`; empty: the file as a whole. */
  readonly object: string;
  /** Inside the object: `spec.dataFrom[0].find`; empty: the object as a whole. */
  readonly path: string;
  /** The end of a sentence that starts with the path, and what to do instead. */
  readonly message: string;
}

/** Kebab-case names of what is found. */
export type MigrationRule =
  | 'manifest-invalid'
  | 'field-unknown'
  | 'kind-unsupported'
  | 'api-version-unknown'
  | 'already-made'
  | 'store-missing'
  | 'store-unsupported'
  | 'store-setting'
  | 'several-stores'
  | 'static-credentials'
  | 'service-account'
  | 'vault-audience'
  | 'vault-tls'
  | 'property'
  | 'whole-secret'
  | 'extract'
  | 'find'
  | 'rewrite'
  | 'generator'
  | 'decoding'
  | 'metadata'
  | 'refresh'
  | 'creation-policy'
  | 'deletion-policy'
  | 'target'
  | 'template'
  | 'class-provider'
  | 'reloader';

/** Where findings go. */
export type Report = (finding: MigrationFinding) => void;

/** `eso.yaml:12: error: ExternalSecret shop/db: spec.dataFrom[0].find: … (find)`, which editors can follow. */
export function formatFinding({ file, line, severity, object, path, message, rule }: MigrationFinding): string {
  const place = [object, path].filter((part) => part !== '').join(': ');
  return `${file}:${line}: ${severity}: ${place === '' ? '' : `${place}: `}${message} (${rule})`;
}
