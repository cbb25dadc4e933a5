import type { StatusConfig } from '../config/status-config.ts';
import type { Host } from './host.ts';
import { compareEntries, type StatusEntry, summarize } from './status-entry.ts';
import { StatusTable } from './status-table.ts';

export interface StatusPrinterOptions {
  readonly config: Pick<StatusConfig, 'output' | 'watch'>;
  readonly host: Pick<Host, 'out' | 'err' | 'columns'>;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly now: () => number;
}

export interface StatusPrinter {
  /** Everything that is there, and what it comes to. */
  all(entries: readonly StatusEntry[]): void;
  /** One that changed since. */
  change(entry: StatusEntry): void;
}

/** Results go to standard output, words around them to standard error. While watching, JSON is one object a line. */
export function createStatusPrinter({ config, host, namespace, now }: StatusPrinterOptions): StatusPrinter {
  const toLine = (entry: StatusEntry): string => `${JSON.stringify(entry)}\n`;
  if (config.output === 'json') {
    return {
      all(entries) {
        const sorted = entries.toSorted(compareEntries);
        host.out(config.watch ? sorted.map(toLine).join('') : `${JSON.stringify(sorted, undefined, 2)}\n`);
      },
      change: (entry) => host.out(toLine(entry)),
    };
  }
  const table = new StatusTable({ hasNamespace: namespace === undefined, columns: host.columns, now });
  return {
    all(entries) {
      host.out(table.format(entries.toSorted(compareEntries)));
      host.err(entries.length === 0 ? toNothing(namespace) : `${summarize(entries)}\n`);
    },
    change: (entry) => host.out(table.format([entry])),
  };
}

function toNothing(namespace: string | undefined): string {
  if (namespace === undefined) return 'there is no SecretProviderClassSync\n';
  return `there is no SecretProviderClassSync in namespace ${namespace}; -A shows those of all namespaces\n`;
}
