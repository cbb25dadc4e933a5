import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Vault-shaped store that answers at once and counts: logins by any token, reads of any KV version 2 path. */
export interface CountingVault extends AsyncDisposable {
  readonly address: string;
  readonly counts: { logins: number; reads: number };
}

export async function startCountingVault(valueBytes: number): Promise<CountingVault> {
  const counts = { logins: 0, reads: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(request.url ?? '', Buffer.concat(chunks).toString())));
    });
  });

  function answer(url: string, body: string): unknown {
    if (url.includes('/auth/')) {
      counts.logins++;
      // The bench's tokens are `jwt:NAMESPACE:ACCOUNT`; a real Vault learns the same from TokenReview.
      const [, namespace, account] = /jwt:([\w-]+):([\w-]+)/.exec(body) ?? [];
      const metadata = { service_account_namespace: namespace, service_account_name: account };
      return {
        auth: { client_token: `token-${counts.logins}`, lease_duration: 3600, renewable: true, num_uses: 0, metadata },
      };
    }
    counts.reads++;
    const data = { value: url.slice(-8).padStart(valueBytes, 'x') };
    return {
      request_id: `r-${counts.reads}`,
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data: { data, metadata: { version: 1 } },
    };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
