import { addresses, choice, list, text, toggle } from './flag-kinds.ts';
import type { Flags } from './flag.ts';

const limits = 'Where a manifest may send tokens';
const aws = 'AWS';

/** What keys the versions of objects; the same flag for every daemon. */
export const versionFlags = {
  versionKeyFile: {
    schema: text().optional(),
    value: 'FILE',
    help: '32 raw bytes that key the object versions, the same for every daemon and every start',
    group: 'Freshness',
  },
} satisfies Flags;

/** What manifests may ask of the stores; the same flags for every daemon. */
export const storeFlags = {
  vaultAddresses: {
    schema: addresses().optional(),
    value: 'LIST',
    help: 'Vault addresses that manifests may name besides the default one; without it any but link-local ones',
    group: limits,
  },
  fileRoots: {
    schema: list().optional(),
    value: 'LIST',
    help: 'Directories in which the TLS files of manifests must lie; without it any',
    group: limits,
  },
  forbidSkipVerify: {
    schema: toggle(),
    help: 'Refuse manifests that switch TLS verification off',
    group: limits,
  },
  awsFailover: {
    schema: choice(['lazy', 'strict']),
    value: 'MODE',
    help: 'When failoverRegion is asked: only if the region fails (lazy), or always, and either can fail a mount or sync (strict)',
    group: aws,
    fallback: 'lazy',
  },
  awsBatch: {
    schema: choice(['auto', 'off']),
    value: 'MODE',
    help: 'Read up to twenty secrets with one BatchGetSecretValue where the role may (auto)',
    group: aws,
    fallback: 'off',
  },
} satisfies Flags;
