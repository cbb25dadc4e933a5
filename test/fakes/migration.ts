import { parseAllDocuments } from 'yaml';

import { migrate } from '../../src/migrate/migrate.ts';
import type { MigrateOptions } from '../../src/migrate/options.ts';
import { renderOutput } from '../../src/migrate/output.ts';

type Members = Readonly<Record<string, unknown>>;

/** A manifest of External Secrets Operator. */
export function operatorObject(kind: string, name: string, spec: unknown, metadata: Members = {}): object {
  const namespace = kind.startsWith('Cluster') ? undefined : 'shop';
  return { apiVersion: 'external-secrets.io/v1', kind, metadata: { name, namespace, ...metadata }, spec };
}

/** `SecretStore vault` with the KV engine `secret`, read as the service account `app`. */
export function vaultStoreObject(vault: Members = {}, name = 'vault'): object {
  const auth = { kubernetes: { role: 'app', serviceAccountRef: { name: 'app', audiences: ['vault'] } } };
  return operatorObject('SecretStore', name, {
    provider: { vault: { server: 'https://vault:8200', path: 'secret', auth, ...vault } },
  });
}

/** `SecretStore aws`, read as the service account `app`. */
export function awsStoreObject(aws: Members = {}, name = 'aws'): object {
  const auth = { jwt: { serviceAccountRef: { name: 'app' } } };
  return operatorObject('SecretStore', name, {
    provider: { aws: { service: 'SecretsManager', region: 'eu-west-1', auth, ...aws } },
  });
}

/** `ExternalSecret db` of the store `vault`, with one key unless told otherwise. */
export function externalSecret(spec: Members = {}, metadata: Members = {}, name = 'db'): object {
  const data = [{ secretKey: 'a', remoteRef: { key: 'db', property: 'a' } }];
  return operatorObject('ExternalSecret', name, { secretStoreRef: { name: 'vault' }, data, ...spec }, metadata);
}

export interface Translated {
  /** What was made, as the API server would get it. */
  readonly manifests: readonly TranslatedManifest[];
  readonly classes: readonly TranslatedClass[];
  readonly syncs: readonly TranslatedSync[];
  /** `error template spec.target…: …`, in their order. */
  readonly findings: readonly string[];
  readonly text: string;
}

export interface TranslatedManifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Members };
  readonly spec: Members;
}

interface TranslatedClass {
  readonly provider: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the parameter `objects`. */
  readonly objects: readonly Members[];
  readonly secretObjects: unknown;
}

interface TranslatedSync extends Members {
  readonly serviceAccountName: string;
  readonly interval?: string;
  readonly secretObjects: readonly Members[];
}

/** Translates objects, or a text, and reads what was made back. */
export function translate(input: readonly object[] | string, options: Partial<MigrateOptions> = {}): Translated {
  const text = typeof input === 'string' ? input : input.map((each) => JSON.stringify(each)).join('\n---\n');
  const all = { mode: 'Shadow', adoption: 'IfIdentical', serviceAccount: undefined, ...options } as const;
  const { outputs, findings } = migrate([{ file: 'in.yaml', text }], all);
  const rendered = outputs.map(renderOutput).join('---\n');
  // The edge of the fake: what was made has these shapes, or a test fails.
  const manifests = parse(rendered) as readonly TranslatedManifest[];
  const classes = manifests.filter(({ kind }) => kind === 'SecretProviderClass').map(({ spec }) => spec);
  return {
    manifests,
    classes: classes.map((spec) => toClass(spec as unknown as TranslatedClass)),
    syncs: manifests
      .filter(({ kind }) => kind === 'SecretProviderClassSync')
      .map(({ spec }) => spec as unknown as TranslatedSync),
    findings: findings.map(({ severity, rule, path, message }) => `${severity} ${rule} ${path}: ${message}`),
    text: rendered,
  };
}

function toClass({ provider, parameters, secretObjects }: TranslatedClass): TranslatedClass {
  const { objects = '[]', ...rest } = parameters;
  const [list] = parse(objects) as readonly (readonly Members[])[];
  return { provider, parameters: rest, objects: list ?? [], secretObjects };
}

function parse(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text);
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : [];
}
