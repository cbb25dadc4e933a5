import { globSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import { doctorIds } from '../doctor/finding.ts';
import { createDoctorCommand } from './doctor.ts';
import { createMigrateCommand } from './migrate.ts';
import { runProgram } from './program.ts';
import { createStatusCommand } from './status.ts';

const guide = readFileSync('docs/migration.md', 'utf8');

describe('docs/migration.md', () => {
  const tests = globSync('test/e2e/migrate-*.e2e.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const blocks = guide.split(/^#+ /m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    return [...section.matchAll(/^```sh$/gm)].map((_, index) => [heading, index + 1] as const);
  });

  it('has commands', () => {
    expect(blocks.length).toBeGreaterThan(9);
  });

  it.for(blocks)('under "%s" the %i. block of commands is run by a test', ([heading, number]) => {
    expect(tests).toContain(number === 1 ? `guide.run('${heading}')` : `guide.run('${heading}', ${number})`);
  });

  const commands = {
    migrate: { summary: 'M', load: async () => createMigrateCommand() },
    doctor: { summary: 'D', load: async () => createDoctorCommand() },
    status: { summary: 'S', load: async () => createStatusCommand() },
  };
  const calls = [guide, readFileSync('docs/doctor.md', 'utf8')].flatMap((page) =>
    [...page.matchAll(/\blockstep (migrate|doctor|status)( [^`\n|]*)/g)].map(([call]) => call.trim()),
  );

  it.for([...new Set(calls)])('%s has only flags that exist', async (call) => {
    const [, command = '', ...words] = call.split(' ');
    const flags = words.filter((word) => word.startsWith('-') && word !== '-');
    const host = new FakeHost();
    await runProgram([command, '--help'], { commands, version: '0', host });

    expect(flags.filter((flag) => !new RegExp(`(^|[ ,])${flag}[ ,]`, 'm').test(host.outText))).toEqual([]);
  });
});

describe('docs/doctor.md', () => {
  const rows = [...readFileSync('docs/doctor.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| (\w+) \|/gm)];

  it('explains every finding, and no other', () => {
    expect(rows.map(([, id]) => id)).toEqual([...doctorIds]);
  });
});
