import type { Flag } from './flag.ts';
import { choice } from './flag-kinds.ts';

const group = 'Logging';

/** How much is logged, and in which form; the same two flags for every command that logs. */
export function logFlags(fallback: { readonly level: LogLevel; readonly format: LogFormat }) {
  return {
    logLevel: {
      schema: choice(['debug', 'info', 'warn', 'error']),
      value: 'LEVEL',
      help: 'debug, info, warn or error',
      group,
      fallback: fallback.level,
    },
    logFormat: {
      schema: choice(['json', 'text']),
      value: 'FORMAT',
      help: 'json for machines, text for people',
      group,
      fallback: fallback.format,
    },
  } satisfies Record<string, Flag<LogLevel | LogFormat>>;
}

type LogLevel = 'debug' | 'info' | 'warn' | 'error';
type LogFormat = 'json' | 'text';
