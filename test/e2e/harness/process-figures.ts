import { readdirSync, readFileSync } from 'node:fs';

/** Open files and connections of a process. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Memory of a process that is its own: not what it maps of files. */
export function anonymousMib(pid: number): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
