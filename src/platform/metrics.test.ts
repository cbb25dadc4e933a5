import { describe, expect, it } from 'vitest';

import { createMetrics } from './metrics.ts';

describe('createMetrics', () => {
  it('gives every set of metrics a registry of its own', async () => {
    const [first, second] = [createMetrics(), createMetrics()];

    first.mounts.inc({ provider: 'vault', outcome: 'ok' });

    expect(await first.registry.metrics()).toContain('lockstep_mounts_total{provider="vault",outcome="ok"} 1');
    expect(await second.registry.metrics()).not.toContain('outcome="ok"');
  });

  it('names every series lockstep_, with a help text', async () => {
    const series = await createMetrics().registry.getMetricsAsJSON();

    expect(series.length).toBeGreaterThan(0);
    for (const { name, help } of series) {
      expect(name).toMatch(/^lockstep_[a-z_]+$/);
      expect(help).not.toBe('');
    }
  });

  it('adds the series of the process on request only', async () => {
    const metrics = createMetrics();
    expect(await metrics.registry.metrics()).not.toContain('process_cpu');

    metrics.collectProcessMetrics();

    expect(await metrics.registry.metrics()).toContain('process_cpu_seconds_total');
    metrics.registry.clear();
  });
});
