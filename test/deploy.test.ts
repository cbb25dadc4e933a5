import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { controllerFlags } from '../src/config/controller-flags.ts';
import { leaseName } from '../src/config/controller-config.ts';
import { apiVersionOf, resources } from '../src/kube/objects.ts';

const crdFile = 'deploy/crds/secretproviderclasssyncs.yaml';
/** What `kubectl apply` can keep in its annotation; a quarter of it leaves room to grow. */
const maxCrdBytes = 64 * 1024;

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly string[];
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly message?: string }[];
}

describe('the CRD', async () => {
  const text = await readFile(crdFile, 'utf8');
  const crd = parse(text);
  const [version] = crd.spec.versions;
  const fields = [...fieldsOf(version.schema.openAPIV3Schema, '')];
  const spec = fields.filter(([path]) => path.startsWith('.spec.'));

  it('is of the resource that the controller watches', () => {
    const { group, versions, names } = crd.spec;
    const { apiVersion, plural, kind } = { ...resources.syncs, apiVersion: apiVersionOf(resources.syncs) };
    expect([`${group}/${versions[0].name}`, names.plural, names.kind]).toEqual([apiVersion, plural, kind]);
    expect(crd.metadata.name).toBe(`${plural}.${group}`);
  });

  it('has no default in spec, which GitOps tools would report as drift', () => {
    expect(fields.filter(([, schema]) => 'default' in schema).map(([path]) => path)).toEqual(['.status']);
  });

  it('says of every field what it means', () => {
    const isSilent = ([path, { description }]: Field): boolean => !path.endsWith('[]') && (description ?? '') === '';
    expect(fields.filter(isSilent).map(([path]) => path)).toEqual(['.metadata']);
  });

  it('says of every optional field of spec what is assumed without it', () => {
    const required = /Name$|Ref$|\.(name|key|objectName|schedule|duration|labels|annotations|rollout|canary)$|\[\]/;
    const silent = spec.filter(
      ([path, { description }]) => !required.test(path) && !description?.includes('Left out: '),
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it('bounds everything that people write, so that its rules stay cheap', () => {
    const isUnbounded = ([, { type, enum: words, maxItems, maxLength, additionalProperties, maxProperties }]: Field) =>
      (type === 'array' && maxItems === undefined) ||
      (type === 'string' && words === undefined && maxLength === undefined) ||
      (additionalProperties !== undefined && maxProperties === undefined);
    expect(spec.filter(isUnbounded).map(([path]) => path)).toEqual([]);
  });

  it('says how lists are merged, and of every rule what it wants', () => {
    const lists = fields.filter(([, schema]) => schema.type === 'array');
    expect(lists.filter(([, schema]) => schema['x-kubernetes-list-type'] === undefined)).toEqual([]);
    const rules = fields.flatMap(([, schema]) => schema['x-kubernetes-validations'] ?? []);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.filter(({ message }) => message === undefined)).toEqual([]);
  });

  it('is small enough for every tool', () => {
    expect(JSON.stringify(crd).length).toBeLessThan(maxCrdBytes);
  });
});

describe('the policies and roles', async () => {
  const objects = await readAll(['deploy/policies', 'deploy/rbac']);

  it('allow the audiences that the controller asks for', () => {
    const list = controllerFlags.audiences.fallback.split(',').map((audience) => `'${audience}'`);
    expect(JSON.stringify(objects)).toContain(`[${list.join(', ')}]`);
  });

  it('bind every policy, and every role to the account that the policies name', () => {
    const named = (kind: string): readonly string[] =>
      objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
    expect(named('ValidatingAdmissionPolicyBinding')).toEqual(named('ValidatingAdmissionPolicy'));
    const [account] = objects.filter(({ kind }) => kind === 'ServiceAccount');
    const subject = { kind: 'ServiceAccount', name: account?.metadata.name, namespace: account?.metadata.namespace };
    const subjects = objects.flatMap((each) => each.subjects ?? []);
    expect(subjects).toEqual([subject, subject]);
    expect(JSON.stringify(objects)).toContain(`system:serviceaccount:${subject.namespace}:${subject.name}`);
  });

  it('name the Lease and the Secret that the controller keeps', () => {
    const names = objects.flatMap(({ rules = [] }) => rules.flatMap(({ resourceNames = [] }) => resourceNames));
    expect(names).toEqual([leaseName, controllerFlags.versionKeySecret.fallback]);
  });
});

type Field = readonly [path: string, schema: Schema];

function* fieldsOf(schema: Schema, path: string): Iterable<Field> {
  if (path !== '') yield [path, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* fieldsOf(property, `${path}.${name}`);
  if (schema.items) yield* fieldsOf(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* fieldsOf(schema.additionalProperties, `${path}[]`);
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly object[];
  readonly rules?: readonly { readonly resourceNames?: readonly string[] }[];
}

async function readAll(folders: readonly string[]): Promise<readonly Manifest[]> {
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).toSorted().map((file) => join(folder, file))),
  );
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')));
  // The edge: our own manifests.
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
}
