import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { serverDir } from '../servers/build.ts';
import { alertsFile } from '../observability.ts';
import type {} from './harness/e2e.ts';
import { run } from './harness/kubectl.ts';

const skipped = 'missing' in inject('e2e');

describe.skipIf(skipped)('The rules of the alerts', () => {
  const promtool = join(serverDir('prometheus'), 'promtool');

  it('are ones, and say nothing twice', async () => {
    const { code, output } = await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', alertsFile]);
    expect(output).toContain('SUCCESS: 7 rules found');
    expect(code).toBe(0);
  });

  it.for(readdirSync('test/alerts'))('fire when they should and at no other time: %s', async (file) => {
    const { code, output } = await run(promtool, ['test', 'rules', join('test/alerts', file)]);
    expect(output.trim()).toBe('SUCCESS');
    expect(code).toBe(0);
  });
});
