import { readFileSync } from 'node:fs';

import { nodeFlags } from '../scripts/image/node-flags.ts';

/** How the image runs Node, so that the figures are those of a cluster. */
export interface Image {
  /** Node's own arguments. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function readImage(daemon: 'provider' | 'controller'): Image {
  const lines = [...readFileSync('Dockerfile', 'utf8').matchAll(/^ENV (.*)$/gm)].map(([, line = '']) => line);
  const variables = lines.flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)]);
  // Where programs are is a matter of this machine.
  const kept = variables.flatMap(([, name = '', value = '']) => (name === 'PATH' ? [] : [[name, value] as const]));
  return { flags: nodeFlags[daemon] ?? [], env: Object.fromEntries(kept) };
}
