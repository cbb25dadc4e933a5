export interface MigrateOptions {
  /** `Shadow` compares and writes nothing; `Sync` is the second step. */
  readonly mode: 'Shadow' | 'Sync';
  /** Of the second step. */
  readonly adoption: 'Never' | 'IfIdentical' | 'Always';
  /** Where the manifest names no service account of the namespace. */
  readonly serviceAccount: string | undefined;
}
