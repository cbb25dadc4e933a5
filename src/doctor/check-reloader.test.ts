import { expect, it } from 'vitest';

import { found, object, workload, type World, type WorldObject } from '../../test/fakes/doctor-world.ts';

const ids = ['reloader-running', 'reloader-overlap'] as const;
const reloader = workload('reloader', [{ image: 'ghcr.io/stakater/reloader:v1.4.21' }], {
  metadata: { namespace: 'system' },
});
const running = 'info reloader-running Deployment system/reloader';
const auto = { 'reloader.stakater.com/auto': 'true' };

function web(annotations: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> = {}) {
  return workload('web', [], { metadata: { annotations, labels } });
}

const restarting: World = {
  secretproviderclasssyncs: [
    object('db', { rollout: { mode: 'Restart' }, secretObjects: [] }, { status: { conditions: [] } }),
  ],
};

it('Reloader is named while it runs, and nobody else', async () => {
  expect(await found(ids, { deployments: [reloader, web(auto)] })).toEqual([running]);
  expect(await found(ids, { deployments: [web(auto)], ...restarting })).toEqual([]);
});

it.for<readonly [WorldObject, World, boolean]>([
  [web(auto), restarting, true],
  [web({ 'secret.reloader.stakater.com/reload': 'db' }), restarting, true],
  [web({ 'reloader.stakater.com/search': 'true' }), restarting, true],
  [web({ 'configmap.reloader.stakater.com/reload': 'x' }), restarting, false],
  [web({ 'reloader.stakater.com/auto': 'false' }), restarting, false],
  [web({}), restarting, false],
  [web(auto, { 'lockstep.dev/rollout': 'off' }), restarting, false],
  [web(auto, { 'lockstep.dev/rollout': 'Restart' }), {}, true],
  [web(auto), {}, false],
])('%j beside it and %j is restarted by both: %s', async ([workload1, world, isContested]) => {
  expect(await found(ids, { deployments: [reloader, workload1], ...world })).toEqual(
    isContested ? ['error reloader-overlap Deployment shop/web', running] : [running],
  );
});

it('the annotations of a template and other kinds count too', async () => {
  const inTemplate = workload('web', [], { template: { metadata: { annotations: auto } } });

  expect(await found(ids, { deployments: [reloader], statefulsets: [inTemplate], ...restarting })).toEqual([
    'error reloader-overlap StatefulSet shop/web',
    running,
  ]);
});
