import type { VaultAuth } from '../core/object-ref.ts';
import type { Problem } from '../core/problem.ts';
import type { Parameter, VaultParameters } from './vault-parameters.ts';

type Method = 'kubernetes' | 'jwt' | 'approle' | 'cert' | 'token';

const methods: ReadonlySet<string> = new Set<Method>(['kubernetes', 'jwt', 'approle', 'cert', 'token']);

/** How the caller logs in. `defaultMount` is that of the kubernetes method; the others stand under their own name. */
export function readVaultAuth(parameters: VaultParameters, defaultMount: string, problems: Problem[]): VaultAuth {
  const methodParameter = parameters.find('AuthMethod');
  const method = methodParameter.value === '' ? 'kubernetes' : methodParameter.value;
  if (!isMethod(method)) {
    problems.push(problem(methodParameter, `is ${quote(method)}; write one of ${[...methods].join(', ')}`));
    return { method: 'token' };
  }
  const mount = readMount(parameters, method === 'kubernetes' ? defaultMount : method, problems);
  const role = parameters.first(parameters.flavour.roleNames, 'roleName');
  switch (method) {
    case 'kubernetes':
    case 'jwt': {
      if (role.value === '')
        problems.push(problem(role, `is missing; name the role of the auth mount ${quote(mount)}`));
      const audience = parameters.first(['audience'], 'audience').value;
      return {
        method: 'service-account',
        mount,
        role: role.value,
        audience: audience || parameters.flavour.audience,
        requestAudience: audience,
      };
    }
    case 'approle':
      return { method, mount, roleId: parameters.find('AppRoleId').value };
    case 'cert':
      return { method, mount, role: role.value };
    case 'token':
      return { method };
  }
}

function isMethod(text: string): text is Method {
  return methods.has(text);
}

/** Parity: an older and a newer name, which exclude each other even when both are empty; extra slashes do not matter. */
function readMount(parameters: VaultParameters, defaultMount: string, problems: Problem[]): string {
  for (const prefix of parameters.flavour.prefixes) {
    const [older, newer] = [`${prefix}KubernetesMountPath`, `${prefix}AuthMountPath`];
    if (parameters.has(older) && parameters.has(newer)) {
      problems.push({ path: `parameters.${older}`, message: `means the same as ${newer}; remove ${older}` });
    }
  }
  const names = parameters.flavour.prefixes.flatMap((prefix) => [
    `${prefix}AuthMountPath`,
    `${prefix}KubernetesMountPath`,
  ]);
  const parameter = parameters.first(names, `${parameters.flavour.name}AuthMountPath`);
  if (parameter.value === '') return defaultMount;
  const segments = parameter.value.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    problems.push({
      ...problem(parameter, 'must not hold `.` or `..`; write the mount as `vault auth list` shows it'),
      code: 'PATH_FORBIDDEN',
    });
  }
  if (segments.length === 0) problems.push(problem(parameter, 'names no mount; write it like kubernetes'));
  return segments.join('/');
}

function problem({ name }: Parameter, message: string): Problem {
  return { path: `parameters.${name}`, message };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
