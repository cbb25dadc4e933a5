import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { type PlayedVolume, toMountRequest } from './mount-request.ts';
import { createPodTokens } from './pod-tokens.ts';

const tokens = createPodTokens(Buffer.alloc(32, 7), new FakeClock());
const identity = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' };
const volume: PlayedVolume = {
  className: 'web-secrets',
  provider: 'vault',
  parameters: new Map([
    ['roleName', 'web'],
    ['objects', '- objectName: "<a>&b"\n'],
  ]),
  volumeAttributes: {},
  secrets: null,
  identity,
  targetPath: '/var/lib/kubelet/pods/uid-1/volumes/kubernetes.io~csi/s/mount',
};

function attributesOf(played: PlayedVolume): Record<string, string> {
  return JSON.parse(toMountRequest(played, tokens).attributes) as Record<string, string>;
}

describe('toMountRequest', () => {
  it('says what driver 1.6 says', () => {
    expect(toMountRequest(volume, tokens)).toMatchObject({
      secrets: 'null',
      targetPath: volume.targetPath,
      permission: '420',
      currentObjectVersion: [],
    });
  });

  it('merges the parameters with the identity of the pod, keys sorted', () => {
    const attributes = attributesOf(volume);

    expect(attributes).toMatchObject({
      roleName: 'web',
      objects: '- objectName: "<a>&b"\n',
      secretProviderClass: 'web-secrets',
      'csi.storage.k8s.io/ephemeral': 'true',
      'csi.storage.k8s.io/pod.name': 'web-1',
      'csi.storage.k8s.io/pod.namespace': 'shop',
      'csi.storage.k8s.io/pod.uid': 'uid-1',
      'csi.storage.k8s.io/serviceAccount.name': 'web',
    });
    expect(Object.keys(attributes)).toEqual(Object.keys(attributes).toSorted());
  });

  it('escapes what Go escapes', () => {
    expect(toMountRequest(volume, tokens).attributes).toContain(String.raw`\u003ca\u003e\u0026b`);
  });

  it('carries the tokens of every audience as JSON inside the JSON', () => {
    const text = attributesOf(volume)['csi.storage.k8s.io/serviceAccount.tokens'] ?? '';

    expect(JSON.parse(text)).toEqual({
      openbao: tokens.issue(identity, 'openbao'),
      'sts.amazonaws.com': tokens.issue(identity, 'sts.amazonaws.com'),
      vault: tokens.issue(identity, 'vault'),
    });
  });

  it('lets attributes of the pod override parameters, but not the identity', () => {
    const attributes = attributesOf({
      ...volume,
      volumeAttributes: { roleName: 'other', 'csi.storage.k8s.io/pod.namespace': 'kube-system' },
    });

    expect(attributes).toMatchObject({ roleName: 'other', 'csi.storage.k8s.io/pod.namespace': 'shop' });
  });

  it('hands over the Secret of nodePublishSecretRef', () => {
    expect(toMountRequest({ ...volume, secrets: { token: 't' } }, tokens).secrets).toBe('{"token":"t"}');
  });
});
