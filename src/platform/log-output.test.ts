import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createLogOutput } from './log-output.ts';

/** A stream whose reader stops and goes on. */
class Pipe extends Writable {
  readonly lines: string[] = [];
  #waiting: (() => void)[] | undefined;

  stall(): void {
    this.#waiting = [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const done of waiting) done();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.lines.push(chunk.toString());
    if (this.#waiting) this.#waiting.push(done);
    else done();
  }
}

const kibibyte = (level: string): string => `{"level":"${level}","text":"${'x'.repeat(1000)}"}\n`;

describe('the output of the log', () => {
  it('hands every line on while somebody reads', () => {
    const pipe = new Pipe();
    const write = createLogOutput(pipe);
    for (let line = 0; line < 5_000; line++) write(`line ${line}\n`);
    expect(pipe.lines).toHaveLength(5_000);
    expect(pipe.lines.at(-1)).toBe('line 4999\n');
  });

  it.for([
    {
      format: 'JSON',
      line: kibibyte('info'),
      notice: /^\{"level":"warn","lines":\d+,"msg":"log lines dropped: .*"\}\n$/,
    },
    { format: 'text', line: `${'x'.repeat(1020)}\n`, notice: /^warn log lines dropped: .* lines=\d+\n$/ },
  ])(
    'keeps at most about 1 MiB while nobody reads, and then says in $format how much is missing',
    async ({ line, notice }) => {
      const pipe = new Pipe();
      const write = createLogOutput(pipe);
      pipe.stall();
      const written = 5_000;
      for (let count = 0; count < written; count++) write(line);
      expect(pipe.writableLength).toBeLessThan(1024 * 1024 + line.length);

      pipe.resume();
      await expect.poll(() => pipe.lines.at(-1)).toMatch(notice);

      const missing = Number(/lines"?[:=](\d+)/.exec(pipe.lines.at(-1) ?? '')?.[1]);
      expect(pipe.lines.length - 1 + missing).toBe(written);
      expect(missing).toBeGreaterThan(3_900);
      write('next\n');
      expect(pipe.lines.at(-1)).toBe('next\n');
    },
  );
});
