const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const term = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const maxNs = 2n ** 63n - 1n;
/** Longer than any duration that means something; keeps the arithmetic on manifests cheap. */
const maxLength = 100;

/**
 * Milliseconds, possibly fractional; undefined for anything that is no duration of zero or more.
 * Parity: the grammar of Go's time.ParseDuration (`30s`, `1h30m`, `1.5s`, `300ms`, `0`) and its bound of 292 years.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > maxLength) return undefined;
  const negative = text.startsWith('-');
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (unsigned === '') return undefined;

  const totalNs = sumTerms(unsigned);
  if (totalNs === undefined || totalNs > maxNs) return undefined;
  if (negative && totalNs > 0n) return undefined;
  return Number(totalNs) / 1e6;
}

/** The shortest usual form: `1h30m`, `1m30s`, `1.5s`, `300ms`, `0s`. parseGoDuration reads it back. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, seconds > 0 && `${seconds}s`];
  return parts.filter((part) => part !== false).join('') || '0s';
}

function sumTerms(text: string): bigint | undefined {
  let totalNs = 0n;
  term.lastIndex = 0;
  while (term.lastIndex < text.length) {
    const [match, whole = '', fraction = '', unit = ''] = term.exec(text) ?? [];
    const unitSize = unitNs[unit];
    if (match === undefined || unitSize === undefined || whole + fraction === '') return undefined;
    totalNs += BigInt(whole) * unitSize + (BigInt(fraction) * unitSize) / 10n ** BigInt(fraction.length);
  }
  return totalNs;
}
