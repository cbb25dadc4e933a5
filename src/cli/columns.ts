const gap = '   ';

/** Rows under each other, the first one being the names; each line with its end. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(toOneLine));
  const [names = []] = cells;
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(gap));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** What others wrote must neither break a line nor steer the terminal. */
export function toOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
