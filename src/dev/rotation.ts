import { parseDocument } from 'yaml';

import type { DevSecrets, SecretData } from './dev-secrets.ts';
import type { MountedVolume } from './first-mounts.ts';
import type { PlayedVolume } from './mount-request.ts';

/** A value of the secrets file, and a mounted file that shows it as it is. */
export interface RotationTarget {
  readonly section: 'secret' | 'kv';
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly volume: PlayedVolume;
  readonly path: string;
}

/** The first such pair in the order of the secrets file. */
export function findRotationTarget(secrets: DevSecrets, mounted: readonly MountedVolume[]): RotationTarget | undefined {
  const shown = mounted.flatMap(({ volume, files }) =>
    files.map((file) => ({ volume, path: file.path, text: Buffer.from(file.contents).toString('utf8') })),
  );
  for (const value of [...textValues('secret', secrets.secret), ...textValues('kv', secrets.kv)]) {
    const found = shown.find(({ text }) => text === value.value);
    if (found) return { ...value, volume: found.volume, path: found.path };
  }
  return undefined;
}

/** The secrets file with one other value; comments and everything else stay. */
export function replaceValue(text: string, target: RotationTarget, value: string): string {
  const document = parseDocument(text);
  document.setIn([target.section, target.name, target.key], value);
  return document.toString({ lineWidth: 0 });
}

type TextValue = Pick<RotationTarget, 'section' | 'name' | 'key' | 'value'>;

function textValues(section: TextValue['section'], secrets: ReadonlyMap<string, SecretData>): readonly TextValue[] {
  return [...secrets].flatMap(([name, data]) =>
    Object.entries(data).flatMap(([key, value]) => (typeof value === 'string' ? [{ section, name, key, value }] : [])),
  );
}
