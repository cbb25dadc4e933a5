import { credentials, Metadata, status } from '@grpc/grpc-js';

import { CSIDriverProviderClient } from '../../../src/gen/v1alpha1/service.ts';

/** An answer of Mount: the name of its status and its text. */
export interface DirectAnswer {
  readonly status: string;
  readonly message: string;
}

/**
 * Calls Mount `count` times at once on a provider's socket, without the driver, each for a pod of its own, numbered from `firstPod`.
 * For loads that a test cannot mount one tmpfs each for.
 */
export async function mountDirectly(
  socket: string,
  parameters: Readonly<Record<string, string>>,
  count: number,
  firstPod = 0,
): Promise<readonly DirectAnswer[]> {
  const client = new CSIDriverProviderClient(`unix:${socket}`, credentials.createInsecure());
  const call = (pod: number): Promise<DirectAnswer> =>
    new Promise((resolve) => {
      const attributes = JSON.stringify({ ...parameters, ...identityOf(pod) });
      const request = {
        attributes,
        secrets: 'null',
        targetPath: `/pods/${pod}`,
        permission: '420',
        currentObjectVersion: [],
      };
      client.mount(request, new Metadata(), { deadline: Date.now() + 120_000 }, (error) =>
        resolve({ status: status[error?.code ?? status.OK], message: error?.details ?? '' }),
      );
    });
  const answers = await Promise.all(Array.from({ length: count }, (_, pod) => call(firstPod + pod)));
  client.close();
  return answers;
}

function identityOf(pod: number): Record<string, string> {
  const csi = 'csi.storage.k8s.io';
  return {
    secretProviderClass: 'direct',
    [`${csi}/pod.name`]: `direct-${pod}`,
    [`${csi}/pod.namespace`]: 'direct',
    [`${csi}/pod.uid`]: `direct-${pod}`,
    [`${csi}/serviceAccount.name`]: 'app',
    [`${csi}/serviceAccount.tokens`]: '{"vault":{"token":"no-token","expirationTimestamp":"2100-01-01T00:00:00Z"}}',
  };
}
