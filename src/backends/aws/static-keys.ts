import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { Session } from './session.ts';

/** A person's own keys. Undefined for everybody else, and for a person who brought none. Throws CREDENTIAL_MISSING. */
export function readStaticKeys({ kind, secrets }: Caller, region: string, nowMs: number): Session | undefined {
  if (kind !== 'operator') return undefined;
  const read = (name: string): string => secrets.get(name)?.reveal().toString() ?? '';
  const [accessKeyId, secretAccessKey, sessionToken] = [
    read('accessKeyId'),
    read('secretAccessKey'),
    read('sessionToken'),
  ];
  if (accessKeyId === '' && secretAccessKey === '') return undefined;
  if (accessKeyId === '' || secretAccessKey === '') {
    throw new SecretError(
      'CREDENTIAL_MISSING',
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both',
    );
  }
  return new Session({
    keys: { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) },
    region,
    principal: 'your own credentials',
    createdAtMs: nowMs,
    endsAtMs: Infinity,
  });
}
