import { describe, expect, it } from 'vitest';

import { calm, diagnose, driver, found, type WorldObject } from '../../test/fakes/doctor-world.ts';

const ids = [
  'driver-missing',
  'driver-old',
  'driver-version-unknown',
  'rotation-off',
  'rotation-poll-interval',
  'republish-off',
] as const;
const daemonSet = 'DaemonSet kube-system/csi-secrets-store';
const csiDriver = (spec: object) => [{ metadata: { name: 'secrets-store.csi.k8s.io' }, spec }];

it('of a calm cluster nothing is said', async () => {
  expect(await diagnose({})).toEqual([]);
});

describe('The driver', () => {
  it.for([
    [[], []],
    [['--rotation-poll-interval=2m'], []],
    [['--rotation-poll-interval=15s'], []],
    [['--rotation-poll-interval=2m1s'], [`error rotation-poll-interval ${daemonSet}`]],
    [['--rotation-poll-interval', '5m'], [`error rotation-poll-interval ${daemonSet}`]],
    [['-rotation-poll-interval=1h'], [`error rotation-poll-interval ${daemonSet}`]],
    [['--rotation-poll-interval=often'], []],
  ] as const)('with %j: %j', async ([flags, findings]) => {
    expect(await found(ids, { daemonsets: [driver(flags)] })).toEqual(findings);
  });

  it.for([
    ['registry.k8s.io/csi-secrets-store/driver:v1.6.0', []],
    ['mirror.example:5000/x/driver:v1.10.2@sha256:aa', []],
    ['registry.k8s.io/csi-secrets-store/driver:v1.5.6', [`warning driver-old ${daemonSet}`]],
    ['registry.k8s.io/csi-secrets-store/driver:v0.3.0', [`warning driver-old ${daemonSet}`]],
    ['registry.k8s.io/csi-secrets-store/driver:latest', [`info driver-version-unknown ${daemonSet}`]],
    ['registry.k8s.io/csi-secrets-store/driver@sha256:aa', [`info driver-version-unknown ${daemonSet}`]],
    ['', [`info driver-version-unknown ${daemonSet}`]],
  ] as const)('of the image %s: %j', async ([image, findings]) => {
    expect(await found(ids, { daemonsets: [driver([], image)] })).toEqual(findings);
  });

  it('of version 1.5 may poll as rarely as it likes', async () => {
    const old = driver(['--rotation-poll-interval=1h'], 'registry.k8s.io/csi-secrets-store/driver:v1.5.6');
    expect(await found(ids, { daemonsets: [old], csidrivers: csiDriver({}) })).toEqual([
      `warning driver-old ${daemonSet}`,
    ]);
  });

  it('without rotation is named once', async () => {
    const off = driver(['--rotation-poll-interval=1h']);
    const text = JSON.stringify(off).replace('"--enable-secret-rotation=true"', '"--enable-secret-rotation=false"');

    expect(await found(ids, { daemonsets: [JSON.parse(text) as WorldObject], csidrivers: csiDriver({}) })).toEqual([
      `warning rotation-off ${daemonSet}`,
    ]);
  });

  it('without republishing is named', async () => {
    expect(await found(ids, { csidrivers: csiDriver({ tokenRequests: [] }) })).toEqual([
      'error republish-off CSIDriver secrets-store.csi.k8s.io',
    ]);
  });

  it.for([
    [{ daemonsets: [], csidrivers: [] }, 'no CSIDriver'],
    [{ daemonsets: [] }, 'no DaemonSet'],
  ] as const)('that is not there is named', async ([world, reason]) => {
    const [finding] = (await diagnose(world)).filter(({ id }) => id === 'driver-missing');

    expect(finding).toMatchObject({ severity: 'warning', object: 'cluster', reason: expect.stringContaining(reason) });
  });

  it('that could not be looked at is not said to be missing', async () => {
    const findings = await diagnose(calm, { forbidden: ['daemonsets', 'csidrivers'] });

    expect(findings.map(({ id }) => id)).toEqual(['not-looked', 'not-looked']);
  });
});
