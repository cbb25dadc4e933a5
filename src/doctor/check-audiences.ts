import { keyOf, type KubeObject, membersOf } from '../kube/objects.ts';
import { csiDriverName, findCsiDriver } from './check-driver.ts';
import { listNames, specOf } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { mountedClasses } from './mounted-classes.ts';
import type { Sight } from './sight.ts';

/** Audiences that the driver has to ask kubelet for, so that the pods' tokens are good for the stores. */
export function checkAudiences(sight: Sight): readonly DoctorFinding[] {
  const csiDriver = findCsiDriver(sight);
  if (csiDriver === undefined) return [];
  const requested = new Set(toAudiences(specOf(csiDriver)['tokenRequests']));
  const needed = neededBy(mounted(sight));
  const missing = [...needed].filter(([audience]) => !requested.has(audience));
  return [
    ...missing.map(([audience, classes]): DoctorFinding => toFinding(audience, classes)),
    // What is used most: whoever installs the driver wants to know before there is a class.
    ...usual.filter((audience) => !requested.has(audience) && !needed.has(audience)).map(toHint),
  ];
}

const usual = ['vault', 'sts.amazonaws.com'];

function toAudiences(tokenRequests: unknown): readonly unknown[] {
  return Array.isArray(tokenRequests) ? tokenRequests.map((each) => membersOf(each)['audience']) : [];
}

function toFinding(audience: string, classes: readonly string[]): DoctorFinding {
  return {
    severity: 'error',
    id: 'audience-missing',
    object: `CSIDriver ${csiDriverName}`,
    reason: `tokenRequests lacks the audience ${JSON.stringify(audience)}, which SecretProviderClass ${listNames(classes)} needs`,
    remedy: `add it (tokenRequests: [{audience: ${audience}}] in the values of the driver); pods that start afterwards have it`,
  };
}

function toHint(audience: string): DoctorFinding {
  return {
    severity: 'info',
    id: 'audience-missing',
    object: `CSIDriver ${csiDriverName}`,
    reason: `tokenRequests lacks the audience ${JSON.stringify(audience)}, which no mounted class needs so far`,
    remedy: 'add it to the values of the driver before the first class of that store',
  };
}

/** Without those that are there for a SecretProviderClassSync alone, whose tokens the controller asks for. */
function mounted(sight: Sight): readonly KubeObject[] {
  const inUse = mountedClasses(sight);
  const synced = new Set(
    sight
      .objects('syncs')
      .map((sync) => keyOf({ ...sync.metadata, name: String(specOf(sync)['secretProviderClassName']) })),
  );
  return sight.objects('classes').filter(({ metadata }) => {
    const key = keyOf(metadata);
    return inUse.has(key) || !synced.has(key);
  });
}

function neededBy(classes: readonly KubeObject[]): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, string[]>();
  for (const each of classes) {
    for (const audience of audiencesOf(each)) {
      const names = needed.get(audience) ?? [];
      names.push(keyOf(each.metadata));
      needed.set(audience, names);
    }
  }
  return needed;
}

function audiencesOf(object: KubeObject): readonly string[] {
  const { provider, parameters } = specOf(object);
  const given = membersOf(parameters);
  switch (provider) {
    case 'vault':
    case 'lockstep-vault':
      return vaultAudience(given, 'vault');
    case 'openbao':
    case 'lockstep-openbao':
      return vaultAudience(given, 'openbao');
    case 'aws':
    case 'lockstep-aws':
      return awsAudience(given);
    case 'lockstep':
      return mixedAudiences(given);
    default:
      return [];
  }
}

/** AppRole, certificate and token logins use no token of the pod. */
function vaultAudience(parameters: Readonly<Record<string, unknown>>, fallback: string): readonly string[] {
  const { audience } = parameters;
  const methods = ['vaultAuthMethod', 'openbaoAuthMethod', 'baoAuthMethod'].map((name) => parameters[name]);
  const method = methods.find((each) => typeof each === 'string' && each !== '') ?? 'kubernetes';
  if (method !== 'kubernetes' && method !== 'jwt') return [];
  return [typeof audience === 'string' && audience !== '' ? audience : fallback];
}

function awsAudience({ usePodIdentity }: Readonly<Record<string, unknown>>): readonly string[] {
  const isPodIdentity = typeof usePodIdentity === 'string' && ['1', 't', 'true'].includes(usePodIdentity.toLowerCase());
  return [isPodIdentity ? 'pods.eks.amazonaws.com' : 'sts.amazonaws.com'];
}

/** Each object names its provider. */
function mixedAudiences(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  const objects = typeof parameters['objects'] === 'string' ? parameters['objects'] : '';
  const names = new Set([...objects.matchAll(/\bprovider:\s*["']?(vault|openbao|aws)\b/g)].map(([, name]) => name));
  return [
    ...(names.has('vault') ? vaultAudience(parameters, 'vault') : []),
    ...(names.has('openbao') ? vaultAudience(parameters, 'openbao') : []),
    ...(names.has('aws') ? awsAudience(parameters) : []),
  ];
}
