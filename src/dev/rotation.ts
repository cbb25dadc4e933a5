import { parseDocument } from 'yaml';

import type { AwsSecretData, DevSecrets } from './dev-secrets.ts';
import type { MountedVolume } from './first-mounts.ts';
import type { PlayedVolume } from './mount-request.ts';

/** A value of the secrets file, and a mounted file that shows it as it is. */
export interface RotationTarget {
  readonly place: Place;
  readonly value: string;
  readonly volume: PlayedVolume;
  readonly path: string;
}

/** Section and name in the secrets file; inside a secret also the key. */
type Place = readonly [section: string, name: string, key?: string];

/** Of Vault and of AWS the first such pair in the order of the secrets file. */
export function findRotationTargets(secrets: DevSecrets, mounted: readonly MountedVolume[]): readonly RotationTarget[] {
  const shown = mounted.flatMap(({ volume, files }) =>
    files.map((file) => ({ volume, path: file.path, text: Buffer.from(file.contents).toString('utf8') })),
  );
  return stores.flatMap((sections) => {
    for (const { place, value } of sections.flatMap((section) => textValues(section, secrets[section]))) {
      const found = shown.find(({ text }) => text === value);
      if (found) return [{ place, value, volume: found.volume, path: found.path }];
    }
    return [];
  });
}

/** `secret shop/database, key password`. */
export function formatPlace({ place: [section, name, key] }: RotationTarget): string {
  return `${section} ${name}${key === undefined ? '' : `, key ${key}`}`;
}

/** The secrets file with the targets' values instead of those that stand there; comments and everything else stay. */
export function replaceValues(text: string, targets: readonly RotationTarget[]): string {
  const document = parseDocument(text);
  for (const { place, value } of targets) document.setIn(place, value);
  return document.toString({ lineWidth: 0 });
}

type TextValue = Pick<RotationTarget, 'place' | 'value'>;

const stores = [
  ['secret', 'kv'],
  ['secretsmanager', 'ssmparameter'],
] as const;

function textValues(section: string, secrets: ReadonlyMap<string, AwsSecretData>): readonly TextValue[] {
  return [...secrets].flatMap(([name, data]): readonly TextValue[] => {
    if (typeof data === 'string') return [{ place: [section, name], value: data }];
    return Object.entries(data).flatMap(([key, value]) =>
      typeof value === 'string' ? [{ place: [section, name, key] as const, value }] : [],
    );
  });
}
