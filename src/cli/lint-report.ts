import type { Finding } from '../spc/finding.ts';

export type LintOutput = 'text' | 'json' | 'github';

/** What `lockstep lint` prints on standard output; the order of the findings stays. */
export function formatFindings(findings: readonly Finding[], output: LintOutput): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(findings, undefined, 2)}\n`;
    case 'github':
      return findings.map(toWorkflowCommand).join('');
    case 'text':
      return findings.map(toLine).join('');
  }
}

/** `spc.yaml:12: error: spec.parameters.roleName: is missing (role-missing)`, which editors can follow. */
function toLine({ file, line, severity, path, message, rule }: Finding): string {
  return `${file}:${line}: ${severity}: ${path === '' ? '' : `${path}: `}${message} (${rule})\n`;
}

/** The annotation syntax of GitHub's workflow commands. */
function toWorkflowCommand({ file, line, severity, path, message, rule }: Finding): string {
  const properties = `file=${escapeProperty(file)},line=${line},title=${escapeProperty(rule)}`;
  return `::${severity} ${properties}::${escapeData(path === '' ? message : `${path}: ${message}`)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
