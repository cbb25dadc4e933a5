import { readFileSync } from 'node:fs';

/** What comes with buildah: the default profile of container runtimes. */
const file = '/usr/share/containers/seccomp.json';

const architectures: Readonly<Record<string, readonly string[]>> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** `RuntimeDefault` for a process without capabilities, as runc takes it. */
export function toRuntimeDefault(architecture: string): object {
  // The edge of the harness: a file of the runtime's own.
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const isMeant = ({ includes, excludes }: Rule): boolean => {
    const { arches = [architecture], caps = [] } = includes ?? {};
    // Rules that exclude a capability are for those who lack it.
    return caps.length === 0 && arches.includes(architecture) && !excludes?.arches?.includes(architecture);
  };
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: architectures[architecture],
    syscalls: profile.syscalls.filter(isMeant).map(({ names, action, args, errnoRet }) => ({
      names,
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args && { args }),
    })),
  };
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly syscalls: readonly Rule[];
}

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number | null;
  readonly args?: readonly object[] | null;
  readonly includes?: { readonly arches?: readonly string[]; readonly caps?: readonly string[] };
  readonly excludes?: { readonly arches?: readonly string[]; readonly caps?: readonly string[] };
}
