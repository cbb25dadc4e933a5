import { type MigrateConfig, migrateFlags, readMigrateConfig } from '../config/migrate-config.ts';
import { formatFinding } from '../migrate/finding.ts';
import { migrate, type Migration } from '../migrate/migrate.ts';
import { type Output, renderOutput } from '../migrate/output.ts';
import { lintManifest } from '../spc/lint.ts';
import { type Command, defineCommand } from './command.ts';
import type { ExitCode, Host } from './host.ts';
import { readManifestFile } from './manifest-file.ts';
import { writeOutputs } from './migrate-files.ts';
import { count } from './count.ts';

const notes = `Turns ExternalSecrets with their SecretStores and ClusterSecretStores (external-secrets.io v1 and v1beta1; Vault and AWS), and
classes whose secretObjects the driver keeps, into SecretProviderClasses and SecretProviderClassSyncs. What cannot be expressed
is named on standard error by file, object and field, and stands in the output as a comment. For annotations of Reloader the
setting of lockstep is named. Contacts no store and no cluster. Ends with 1 when something of the input is not in the output.
docs/migration.md has the steps and the way back.

Examples:
  kubectl get externalsecrets,secretstores,clustersecretstores -n shop -o yaml | lockstep migrate -f - > shop.yaml
  lockstep migrate -f stores.yaml -f apps.yaml -o lockstep/
  lockstep migrate -f stores.yaml -f apps.yaml -o lockstep/ --mode Sync --adoption IfIdentical`;

/** `lockstep migrate`: manifests of other tools as ours. */
export function createMigrateCommand(): Command {
  return defineCommand({
    flags: migrateFlags,
    notes,
    read: readMigrateConfig,
    run: ({ config }, host) => run(config, host),
  });
}

async function run({ file, output, mode, adoption, serviceAccount }: MigrateConfig, host: Host): Promise<ExitCode> {
  const files = await Promise.all(file.map((each) => readManifestFile(each, host)));
  const migration = migrate(files, { mode, adoption: adoption ?? 'IfIdentical', serviceAccount });
  const documents = migration.outputs.map((each) => ({ output: each, text: renderOutput(each) }));
  if (output === '-') host.out(documents.map(({ text }) => text).join('---\n'));
  else await writeOutputs(output, documents);
  for (const finding of migration.findings) host.err(`${formatFinding(finding)}\n`);
  const mistakes = documents.flatMap(({ output: each, text }) => findMistakes(each, text));
  for (const mistake of mistakes) host.err(`${mistake}\n`);
  const errors = migration.findings.filter(({ severity }) => severity === 'error').length + mistakes.length;
  host.err(summarize(migration, errors));
  return errors > 0 ? 1 : 0;
}

/** What a mount or a sync would refuse in what was made: the manifest asked for something that has no place there. */
function findMistakes({ origin }: Output, text: string): readonly string[] {
  return lintManifest(text, origin)
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => `error: what became of ${origin} is refused: ${path}: ${message} (output-invalid)`);
}

function summarize({ outputs, findings, leftOut }: Migration, errors: number): string {
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const made = `${count(outputs.length, 'object')} translated, ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
  const others = [...leftOut].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, number]) => `${number} ${kind}`);
  const rest = others.length === 0 ? '' : `; not of a tool that is translated: ${others.join(', ')}`;
  return `${made}${rest}\n`;
}
