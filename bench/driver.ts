import { credentials } from '@grpc/grpc-js';

import { CSIDriverProviderClient, type MountResponse } from '../src/gen/v1alpha1/service.ts';

/** Plays the driver: one connection, calls as it makes them. */
export interface BenchDriver extends Disposable {
  mount(request: BenchMount): Promise<MountResponse>;
}

export interface BenchMount {
  readonly pod: number;
  readonly account: number;
  readonly className: string;
  readonly objects: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export function connectDriver(socket: string, authority = 'localhost'): BenchDriver {
  const client = new CSIDriverProviderClient(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.default_authority': authority,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
  });
  return {
    mount: (request) =>
      new Promise((resolve, reject) => {
        client.mount(
          {
            attributes: JSON.stringify(attributes(request)),
            secrets: 'null',
            targetPath: targetPath(request),
            permission: '420',
            currentObjectVersion: [],
          },
          (error, response) => (error ? reject(error) : resolve(response)),
        );
      }),
    [Symbol.dispose]: () => client.close(),
  };
}

/** The objects of class `index`: `count` keys of as many KV version 2 paths. */
export function classObjects(index: number, count: number): string {
  return Array.from(
    { length: count },
    (_, n) => `- objectName: file-${n}\n  secretPath: secret/data/class-${index}-${n}\n  secretKey: value\n`,
  ).join('');
}

function attributes({ pod, account, className, objects, parameters }: BenchMount): Record<string, string> {
  return {
    roleName: 'bench',
    objects,
    secretProviderClass: className,
    'csi.storage.k8s.io/ephemeral': 'true',
    'csi.storage.k8s.io/pod.name': `pod-${pod}`,
    'csi.storage.k8s.io/pod.namespace': 'bench',
    'csi.storage.k8s.io/pod.uid': `00000000-0000-0000-0000-${String(pod).padStart(12, '0')}`,
    'csi.storage.k8s.io/serviceAccount.name': `account-${account}`,
    'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify({
      vault: { token: `jwt:bench:account-${account}`, expirationTimestamp: '2030-01-01T00:00:00Z' },
    }),
    ...parameters,
  };
}

function targetPath({ pod, className }: BenchMount): string {
  return `/var/lib/kubelet/pods/${pod}/volumes/kubernetes.io~csi/${className}/mount`;
}
