import { SecretError } from '../../core/errors.ts';
import { quote } from './call.ts';

/**
 * Throws AWS_REQUEST_REFUSED. A pod may write the region, and it becomes a part of the host that gets its token: one label,
 * nothing else.
 */
export function checkRegion(region: string): void {
  if (/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i.test(region)) return;
  throw new SecretError('AWS_REQUEST_REFUSED', `${quote(region)} is no region; write it as in us-east-1`);
}
