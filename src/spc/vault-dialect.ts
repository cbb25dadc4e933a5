import type { VaultRequest, VaultStore } from '../core/object-ref.ts';
import type { PlannedObject } from '../core/plan.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import type { ClassContext, ClassDialect, ClassPlan } from './class-dialect.ts';
import { freshnessParameterNames, readFreshness } from './freshness.ts';
import type { VaultObject } from './vault-object.ts';
import { parseVaultObjects, readVaultObjects } from './vault-objects.ts';
import { storeParameterNames, type VaultFlavour, VaultParameters } from './vault-parameters.ts';
import { readVaultStore } from './vault-store.ts';

/** Reads classes written for the official provider of Vault or OpenBao, plus our own parameters and fields. */
export function createVaultDialect(flavour: VaultFlavour): ClassDialect {
  return {
    parameterNames: [...storeParameterNames(flavour), ...freshnessParameterNames, 'objects'],
    parse: (parameters, context) => parseVaultClass(flavour, parameters, context),
    inspect: (parameters) => readVaultObjects(parameters.get('objects') ?? '').reading.remarks,
  };
}

function parseVaultClass(
  flavour: VaultFlavour,
  parameters: ReadonlyMap<string, string>,
  { defaults, defaultMode }: ClassContext,
): Parsed<ClassPlan> {
  const problems: Problem[] = [];
  const store = readVaultStore(new VaultParameters(parameters, flavour), defaults[flavour.name], problems);
  const freshness = readFreshness(parameters, problems);
  const objects = parseVaultObjects(parameters.get('objects') ?? '');
  if (!objects.ok) problems.push(...objects.problems);
  if (!objects.ok || problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { freshness, objects: objects.value.map((object) => toPlannedVaultObject(object, store, defaultMode)) },
  };
}

/** What a mount does with an object of that store. */
export function toPlannedVaultObject(object: VaultObject, store: VaultStore, defaultMode: number): PlannedObject {
  const { name, secretKey, filePermission, encoding, versionInput, optional, expand } = object;
  return {
    name,
    ref: { kind: 'vault', store, request: toRequest(object) },
    select: secretKey === '' ? { kind: 'response' } : { kind: 'key', key: secretKey },
    encoding,
    path: name,
    // Parity: 0 is no mode.
    mode: filePermission || defaultMode,
    version: { kind: 'hmac', input: versionInput },
    optional,
    expand,
  };
}

function toRequest({ method, secretPath, arguments: { json, unsendable } }: VaultObject): VaultRequest {
  return {
    method: method || 'GET',
    ...secretPath,
    ...(json !== undefined && { body: json }),
    ...(unsendable !== undefined && { unsendable }),
  };
}
