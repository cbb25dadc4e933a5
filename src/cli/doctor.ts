import { type DoctorConfig, doctorFlags, readDoctorConfig } from '../config/doctor-config.ts';
import { examine } from '../doctor/examine.ts';
import type { DoctorFinding } from '../doctor/finding.ts';
import { Sight } from '../doctor/sight.ts';
import { type Command, defineCommand } from './command.ts';
import { connect } from './connect.ts';
import { formatDoctorTable } from './doctor-table.ts';
import type { ExitCode, Host } from './host.ts';

const notes = `Looks at the CSI driver and its settings, other providers on the nodes, the driver's own sync, External Secrets Operator,
Reloader, admission policies and what of lockstep is there. Writes nothing and reads no value of a Secret. Of teams' objects
those of a namespace, or of all with -A; the driver, DaemonSets and Deployments always of the whole cluster. What you may not
list is named, and the rest is looked at. Ends with 1 when there is an error; warnings alone end with 0.
docs/doctor.md explains every finding.

Examples:
  lockstep doctor -A
  lockstep doctor -n shop
  lockstep doctor -A -o json | jq '.[] | select(.severity == "error")'`;

/** `lockstep doctor`: what of a cluster stands in the way. */
export function createDoctorCommand(): Command {
  return defineCommand({
    flags: doctorFlags,
    notes,
    read: readDoctorConfig,
    run: ({ config }, host) => run(config, host),
  });
}

async function run(config: DoctorConfig, host: Host): Promise<ExitCode> {
  const { client, namespace: current } = await connect(config);
  try {
    const namespace = config.allNamespaces ? undefined : (config.namespace ?? current);
    const findings = examine(await Sight.look({ client, namespace, signal: host.stop }));
    if (config.output === 'json') host.out(`${JSON.stringify(findings, undefined, 2)}\n`);
    else {
      host.out(formatDoctorTable(findings));
      host.err(summarize(findings));
    }
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  } catch (error) {
    if (host.stop.aborted) return 1;
    throw error;
  } finally {
    await client.close();
  }
}

function summarize(findings: readonly DoctorFinding[]): string {
  const count = (severity: DoctorFinding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return `${count('error')} errors, ${count('warning')} warnings, ${count('info')} for information\n`;
}
