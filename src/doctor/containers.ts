import { type KubeObject, membersOf } from '../kube/objects.ts';

/** A container of a pod template, as far as it says which program it is. */
export interface Container {
  readonly image: string;
  /** Command and arguments. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Of the template, those that run on. */
export function containersOf(workload: KubeObject): readonly Container[] {
  return listOf(podOf(workload)['containers']).map((each) => {
    const { image, command, args, env } = membersOf(each);
    const words = [...listOf(command), ...listOf(args)].filter((word) => typeof word === 'string');
    return { image: textOf(image), words, environment: toEnvironment(env) };
  });
}

/** Paths of the host that the pods mount. */
export function hostPathsOf(workload: KubeObject): readonly string[] {
  return listOf(podOf(workload)['volumes']).flatMap((volume) => {
    const path = textOf(membersOf(membersOf(volume)['hostPath'])['path']);
    return path === '' ? [] : [path];
  });
}

/** Names of the SecretProviderClasses that the pods mount. */
export function mountedClassesOf(workload: KubeObject): readonly string[] {
  return listOf(podOf(workload)['volumes']).flatMap((volume) => {
    const { driver, volumeAttributes } = membersOf(membersOf(volume)['csi']);
    const name = textOf(membersOf(volumeAttributes)['secretProviderClass']);
    return driver === 'secrets-store.csi.k8s.io' && name !== '' ? [name] : [];
  });
}

/** The value of `--name=value`, `--name value` or a bare `--name` (`true`); with one dash as Go takes it too. Undefined: not there. */
export function flagOf({ words }: Container, name: string): string | undefined {
  for (const [index, word] of words.entries()) {
    const [flag, ...value] = word.replace(/^--?/, '').split('=');
    if (!word.startsWith('-') || flag !== name) continue;
    if (value.length > 0) return value.join('=');
    const next = words[index + 1];
    return next === undefined || next.startsWith('-') ? 'true' : next;
  }
  return undefined;
}

/** The tag of an image; empty: it has none. */
export function tagOf({ image }: Container): string {
  const [name = ''] = image.split('@');
  return /:([^:/]+)$/.exec(name)?.[1] ?? '';
}

/** The image without its host and tag: `stakater/reloader`. */
export function repositoryOf({ image }: Container): string {
  const [name = ''] = image.split('@');
  return name.replace(/:[^:/]+$/, '');
}

function podOf({ spec }: KubeObject): Readonly<Record<string, unknown>> {
  return membersOf(membersOf(membersOf(spec)['template'])['spec']);
}

function toEnvironment(env: unknown): Readonly<Record<string, string>> {
  const entries = listOf(env).map(
    (each) => [textOf(membersOf(each)['name']), textOf(membersOf(each)['value'])] as const,
  );
  return Object.fromEntries(entries);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
