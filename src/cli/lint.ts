import { choice } from '../config/flag-kinds.ts';
import { type Flags, readFlags } from '../config/flag.ts';
import { lintManifest } from '../spc/lint.ts';
import { type Command, defineCommand } from './command.ts';
import { formatFindings } from './lint-report.ts';
import { readManifestFile } from './manifest-file.ts';
import { count } from './count.ts';

const flags = {
  output: {
    schema: choice(['text', 'json', 'github']),
    short: 'o',
    value: 'FORMAT',
    help: 'text for people and editors, json for programs, github for annotations in a workflow',
    group: 'Output',
    fallback: 'text',
  },
} satisfies Flags;

const notes = `Ends with 1 when there is an error; warnings alone end with 0. Contacts no store and no cluster.

Examples:
  lockstep lint deploy/*.yaml
  kubectl get secretproviderclass -A -o yaml | lockstep lint -
  lockstep lint --output github deploy/*.yaml`;

/** `lockstep lint FILE…`: what the dialects would refuse, before anything is deployed. */
export function createLintCommand(): Command {
  return defineCommand({
    flags,
    operands: { name: 'FILE', help: 'Manifests to check; - for standard input' },
    notes,
    read: (given, env) => readFlags(flags, given, env),
    async run({ config, operands }, host) {
      const files = await Promise.all(operands.map((file) => readManifestFile(file, host)));
      const findings = files.flatMap(({ text, file }) => lintManifest(text, file));
      host.out(formatFindings(findings, config.output));
      const errors = findings.filter((finding) => finding.severity === 'error').length;
      host.err(`${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}\n`);
      return errors > 0 ? 1 : 0;
    },
  });
}
