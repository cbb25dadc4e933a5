import { readFileSync } from 'node:fs';

/** Fields of `/proc/PID/status`; of those with several values the first, as of `Uid`. */
export function statusOf(pid: number): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(\w+):\s+(\S+)/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** Node's own arguments: what stands before the script. */
export function nodeFlagsOf(pid: number): readonly string[] {
  const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  );
}
