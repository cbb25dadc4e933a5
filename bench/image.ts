import { readFileSync } from 'node:fs';

/** How the image runs Node, so that the figures are those of a cluster. */
export interface Image {
  /** Node's own arguments. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function readImage(): Image {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  const variables = [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)];
  return {
    flags: (JSON.parse(entry) as string[]).filter((argument) => argument.startsWith('--')),
    env: Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value])),
  };
}
