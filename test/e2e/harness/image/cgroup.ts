import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel says of a container under limits. */
export interface CgroupFigures {
  /** Which version of cgroups holds it. */
  readonly version: 1 | 2;
  readonly limitBytes: number;
  /** Memory of its own, without what can be read again from files. */
  readonly anonymousBytes: number;
  readonly oomKills: number;
  readonly throttledMs: number;
}

const root = '/sys/fs/cgroup';

/** Reads the figures of the cgroup that a process is in; version 1 where its controllers are mounted, else 2. */
export function readCgroup(pid: number): CgroupFigures {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const pathOf = (controller: string): string | undefined => {
    const line = lines.find((each) => each.split(':')[1]?.split(',').includes(controller));
    return line?.split(':').slice(2).join(':');
  };
  const memory = pathOf('memory');
  if (memory === undefined) return readVersion2(join(root, pathOf('') ?? ''));
  return readVersion1(join(root, 'memory', memory), join(cpuMount(), pathOf('cpu') ?? ''));
}

function readVersion1(memory: string, cpu: string): CgroupFigures {
  return {
    version: 1,
    limitBytes: Number(readFileSync(join(memory, 'memory.limit_in_bytes'), 'utf8')),
    anonymousBytes: field(join(memory, 'memory.stat'), 'total_rss'),
    oomKills: field(join(memory, 'memory.oom_control'), 'oom_kill'),
    throttledMs: field(join(cpu, 'cpu.stat'), 'throttled_time') / 1e6,
  };
}

function readVersion2(dir: string): CgroupFigures {
  return {
    version: 2,
    limitBytes: Number(readFileSync(join(dir, 'memory.max'), 'utf8')),
    anonymousBytes: field(join(dir, 'memory.stat'), 'anon'),
    oomKills: field(join(dir, 'memory.events'), 'oom_kill'),
    throttledMs: field(join(dir, 'cpu.stat'), 'throttled_usec') / 1e3,
  };
}

function cpuMount(): string {
  return ['cpu,cpuacct', 'cpu'].map((name) => join(root, name)).find((path) => existsSync(path)) ?? root;
}

/** A line `NAME VALUE`; 0 where there is none. */
function field(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
