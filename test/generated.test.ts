import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const run = promisify(execFile);

it('src/gen is what proto/ generates today (else: npm run generate)', async () => {
  const fresh = await mkdtemp(join(tmpdir(), 'lockstep-gen-'));
  const file = 'src/gen/v1alpha1/service.ts';

  try {
    await run('buf', ['generate', '--output', fresh]);

    expect(await readFile(file, 'utf8')).toBe(await readFile(join(fresh, file), 'utf8'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
});
