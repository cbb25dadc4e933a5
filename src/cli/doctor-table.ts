import type { DoctorFinding } from '../doctor/finding.ts';

const gap = '   ';
const header = ['SEVERITY', 'ID', 'OBJECT'];

/** One row per finding, and what it is and what to do below it. Empty for none. */
export function formatDoctorTable(findings: readonly DoctorFinding[]): string {
  if (findings.length === 0) return '';
  const rows = findings.map(({ severity, id, object }) => [severity, id, object].map(toOneLine));
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  const lines = findings.flatMap(({ reason, remedy }, index) => [
    align(rows[index] ?? []),
    `  ${toOneLine(reason)}`,
    `  > ${toOneLine(remedy)}`,
  ]);
  return [align(header), ...lines].map((line) => `${line}\n`).join('');
}

/** What others wrote must neither break a line nor steer the terminal. */
function toOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
