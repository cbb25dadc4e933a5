import { type Logger as Pino, pino } from 'pino';

/** Constant lowercase messages plus fields. warn: someone should look. error: someone must act. */
export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error'>;

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  /** Where lines go; standard error unless given. */
  readonly write?: (line: string) => void;
}

/** Synchronous, without worker threads: a line is out before the next one, also when the process ends. */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? ((line: string): void => void process.stderr.write(line));
  const json = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write: options.format === 'json' ? write : (line: string) => write(toText(line)),
    },
  );
  return json;
}

/** `12:00:01 warn  message key=value …` for people. */
function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${toFieldText(value)}`);
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(msg)}${rest.join('')}\n`;
}

/** Quoted unless it is one plain word, so that no value can pass for another field or another line. */
function toFieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{C}]+$/u.test(value) ? value : JSON.stringify(value);
}
