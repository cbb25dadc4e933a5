import * as z from 'zod';

import type { Parsed } from '../core/problem.ts';
import { choice, objectName, text } from './flag-kinds.ts';
import { configProblem, type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';

const input = 'What is translated';
const step = 'Which step';
const output = 'Output';

/** Flags of `lockstep migrate`. */
export const migrateFlags = {
  file: {
    schema: z.array(z.string(), { error: 'is missing; name a file, or - for standard input' }).readonly(),
    short: 'f',
    value: 'FILE',
    help: 'Manifests of the other tool, with the stores that they use; - for standard input; may be given several times',
    group: input,
    repeats: true,
  },
  serviceAccount: {
    schema: objectName().optional(),
    value: 'NAME',
    help: 'Who reads the store where a manifest names no service account of the namespace',
    group: input,
  },
  mode: {
    schema: choice(['Shadow', 'Sync']),
    value: 'MODE',
    help: 'Shadow compares and writes nothing; Sync takes over',
    group: step,
    fallback: 'Shadow',
  },
  adoption: {
    schema: choice(['Never', 'IfIdentical', 'Always']).optional(),
    value: 'POLICY',
    help: 'What happens in mode Sync to a Secret that is there (default: IfIdentical)',
    group: step,
  },
  output: {
    schema: text(),
    short: 'o',
    value: 'DIR',
    help: 'Write a file NAMESPACE/NAME.yaml each into a directory; - for standard output',
    group: output,
    fallback: '-',
  },
} satisfies Flags;

/** Everything that `lockstep migrate` is told. */
export type MigrateConfig = Readonly<FlagValues<typeof migrateFlags>>;

export function readMigrateConfig(given: Given, env: Environment): Parsed<MigrateConfig> {
  const flags = readFlags(migrateFlags, given, env);
  if (!flags.ok || flags.value.mode === 'Sync' || flags.value.adoption === undefined) return flags;
  const problem = configProblem('--adoption', flags.value.adoption, 'goes with --mode Sync; Shadow takes nothing over');
  return { ok: false, problems: [problem] };
}
