import { describe, expect, it } from 'vitest';

import { translate } from '../../test/fakes/migration.ts';

describe('Reloader', () => {
  const at = (annotations: object, kind = 'Deployment') => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', annotations },
  });

  it.for([
    ['reloader.stakater.com/auto', 'lockstep.dev/rollout: restart'],
    ['secret.reloader.stakater.com/auto', 'lockstep.dev/rollout: restart'],
    ['secret.reloader.stakater.com/reload', 'lockstep.dev/rollout: restart'],
    ['secretproviderclass.reloader.stakater.com/reload', 'lockstep.dev/rollout: restart'],
    ['reloader.stakater.com/search', 'lockstep.dev/rollout: restart'],
    ['reloader.stakater.com/match', 'spec.rollout.mode: Restart'],
    ['reloader.stakater.com/ignore', 'spec.rollout.mode'],
    ['secrets.exclude.reloader.stakater.com/reload', 'spec.rollout.mode: Off'],
    ['deployment.reloader.stakater.com/pause-period', 'spec.rollout has windows'],
    ['reloader.stakater.com/rollout-strategy', 'leave this workload with Reloader'],
    ['configmap.reloader.stakater.com/reload', 'leave it to Reloader'],
    ['reloader.stakater.com/new-thing', 'look up'],
  ] as const)('%s is answered with %s', ([key, setting]) => {
    expect(translate([at({ [key]: 'true' })]).findings).toEqual([expect.stringContaining(setting)]);
  });

  it.for(['reloader.stakater.com/last-reloaded-from', 'myreloader.stakater.com/auto', 'other/auto'])(
    '%s is not',
    (key) => {
      expect(translate([at({ [key]: 'true' })]).findings).toEqual([]);
    },
  );

  it('in the template of a CronJob is seen', () => {
    const template = { metadata: { annotations: { 'reloader.stakater.com/auto': 'true' } } };
    const cronJob = { ...at({}, 'CronJob'), spec: { jobTemplate: { spec: { template } } } };

    expect(translate([cronJob]).findings[0]).toContain('spec.jobTemplate.spec.template.metadata.annotations');
  });
});
