import { awsStore } from './aws-store.ts';
import { Fields } from './fields.ts';
import type { Report } from './finding.ts';
import type { SourceObject } from './source-object.ts';
import { vaultStore } from './vault-store.ts';

/** What a SecretStore or ClusterSecretStore says, in terms of a SecretProviderClass. */
export type Store = VaultSettings | AwsSettings;

interface StoreSettings {
  /** Parameters of the class, without `objects`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Undefined: the operator's own identity. */
  readonly account: Reference | undefined;
  /** The Secret with what AppRole and token logins need. */
  readonly credentials: Reference | undefined;
}

export interface VaultSettings extends StoreSettings {
  readonly backend: 'vault';
  /** Of the engine; empty: it is part of every key. */
  readonly mount: string;
  readonly version: 'v1' | 'v2';
}

export interface AwsSettings extends StoreSettings {
  readonly backend: 'aws';
  readonly objectType: 'secretsmanager' | 'ssmparameter';
  /** Before every key. */
  readonly prefix: string;
}

/** A service account or a Secret. */
export interface Reference {
  readonly name: string;
  /** Empty: the namespace of whoever uses the store. */
  readonly namespace: string;
}

/** Undefined: lockstep cannot take its place; why is reported. */
export function toStore(source: SourceObject, report: Report): Store | undefined {
  const root = Fields.of(source, report);
  root.skip('apiVersion', 'kind', 'metadata', 'status');
  const spec = root.fields('spec');
  if (spec === undefined) {
    root.remark(undefined, { rule: 'manifest-invalid', message: 'has no spec' });
    return undefined;
  }
  readCommon(spec);
  const store = readProvider(spec);
  root.finish();
  return store;
}

function readCommon(spec: Fields): void {
  const controller = spec.text('controller');
  if (controller !== '' && controller !== 'default') {
    spec.remark('controller', {
      severity: 'warning',
      rule: 'store-setting',
      message: 'names a controller other than the default: External Secrets Operator leaves this store alone already',
    });
  }
  spec.refuse('conditions', {
    severity: 'warning',
    rule: 'store-setting',
    message:
      'says which namespaces may use the store; a class is of one namespace, so limit it by the role of the store, and by who ' +
      'may create classes',
  });
  for (const name of ['retrySettings', 'refreshInterval']) {
    spec.refuse(name, {
      severity: 'warning',
      rule: 'store-setting',
      message: 'has no counterpart: lockstep tries again by itself, later and later; leave it out',
    });
  }
}

function readProvider(spec: Fields): Store | undefined {
  const provider = spec.fields('provider');
  const [name, ...others] = provider?.names() ?? [];
  if (provider === undefined || name === undefined || others.length > 0) {
    spec.remark('provider', { rule: 'manifest-invalid', message: 'must have exactly one member' });
    return undefined;
  }
  if (name === 'vault' || name === 'aws') {
    const settings = provider.fields(name);
    if (settings === undefined) return undefined;
    return name === 'vault' ? vaultStore(settings) : awsStore(settings);
  }
  provider.refuse(name, {
    rule: 'store-unsupported',
    message:
      'is a store that lockstep does not read; it reads Vault, OpenBao and AWS. Leave it with External Secrets Operator',
  });
  return undefined;
}
