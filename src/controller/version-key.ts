import { randomBytes } from 'node:crypto';

import { SecretError } from '../core/errors.ts';
import { problemsError } from '../core/problem.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import { parseVersionKey } from '../core/version.ts';
import type { ApiClient, CallOptions } from '../kube/client/api-client.ts';
import { resources } from '../kube/objects.ts';
import { toLiveSecret } from './secrets/live-secret.ts';

/** Where the key lies: every replica and every restart needs the same, or versions would change without reason. */
export interface KeySecret {
  readonly namespace: string;
  readonly name: string;
}

const key = 'key';
const keySize = 32;

/**
 * The key that object versions are made with, out of a Secret of the controller's own namespace. It is made once, by whoever
 * comes first, and never changed. Throws VERSION_KEY_INVALID and KUBE_….
 */
export async function loadVersionKey(
  client: Pick<ApiClient, 'get' | 'create'>,
  secret: KeySecret,
  options: CallOptions,
): Promise<SecretBytes> {
  const found = await client.get(resources.secrets, secret, options);
  if (found) return readKey(toLiveSecret(found).data.get(key), secret);
  const data = { [key]: randomBytes(keySize).toString('base64') };
  try {
    const made = await client.create(
      resources.secrets,
      { metadata: secret, type: 'Opaque', immutable: true, data },
      options,
    );
    return readKey(toLiveSecret(made).data.get(key), secret);
  } catch (error) {
    if (!(error instanceof SecretError) || error.code !== 'KUBE_CONFLICT') throw error;
    // Another replica was faster.
    const winner = await client.get(resources.secrets, secret, options);
    return readKey(winner && toLiveSecret(winner).data.get(key), secret);
  }
}

function readKey(bytes: SecretBytes | undefined, { namespace, name }: KeySecret): SecretBytes {
  const path = `Secret ${namespace}/${name}`;
  if (bytes === undefined) {
    throw new SecretError(
      'VERSION_KEY_INVALID',
      `${path} has no key ${JSON.stringify(key)}; put 32 random bytes there, or delete the Secret so that it is made anew`,
    );
  }
  const parsed = parseVersionKey(bytes.reveal());
  if (parsed.ok) return parsed.value;
  throw problemsError(parsed.problems.map((problem) => ({ ...problem, path })));
}
