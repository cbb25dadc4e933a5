import type { Writable } from 'node:stream';

/** Minutes of a busy node. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Writes log lines to a stream that may have lost its reader. A pipe that is full would otherwise keep every further line in memory,
 * for good. Lines beyond 1 MiB are dropped; when somebody reads again, one line says how many are missing.
 */
export function createLogOutput(stream: Writable): (line: string) => void {
  let dropped = 0;
  let isJson = false;
  stream.on('drain', () => {
    if (dropped > 0) stream.write(toNotice(dropped, isJson));
    dropped = 0;
  });
  return (line) => {
    if (stream.writableLength < maxWaitingBytes) {
      stream.write(line);
      return;
    }
    dropped++;
    isJson = line.startsWith('{');
  };
}

function toNotice(lines: number, isJson: boolean): string {
  const notice = { level: 'warn', lines, msg: 'log lines dropped: nobody read them' };
  return isJson ? `${JSON.stringify(notice)}\n` : `${notice.level} ${notice.msg} lines=${lines}\n`;
}
