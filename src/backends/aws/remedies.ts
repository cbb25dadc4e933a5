import type { ErrorCode } from '../../core/errors.ts';
import { type AwsCall, isLogin } from './call.ts';

/** What to do about a failed call, as a sentence. */
export function remedyFor(code: ErrorCode, call: AwsCall): string {
  if (code === 'AWS_CREDENTIALS_REFUSED' && call.remedy !== undefined) return call.remedy;
  return remedies.get(code)?.(call) ?? 'Check the name, the version and the region of the object';
}

const remedies: ReadonlyMap<ErrorCode, (call: AwsCall) => string> = new Map([
  [
    'AWS_DENIED',
    (call) => `Allow ${call.action} on it in a policy of the role, and kms:Decrypt if it has a key of its own`,
  ],
  ['AWS_DECRYPT_REFUSED', () => 'Check that its KMS key is enabled and allows the role kms:Decrypt'],
  ['AWS_NOT_FOUND', ({ region }) => `Check that it exists in ${region}, with this version or label`],
  [
    'AWS_CREDENTIALS_REFUSED',
    () => 'Check that the region is enabled for the account and the clock of the node is right',
  ],
  [
    'AWS_THROTTLED',
    () => 'AWS limits the rate; it is asked again at the next call, and less often with a longer refreshInterval',
  ],
  ['AWS_UNAVAILABLE', () => 'AWS cannot answer now; it is asked again at the next call'],
  ['AWS_TIMEOUT', reach],
  ['AWS_UNREACHABLE', reach],
  ['AWS_TLS', () => 'Check AWS_CA_BUNDLE, the proxy and the endpoint'],
  ['AWS_ANSWER_INVALID', () => 'Check that the endpoint is AWS and not something before it'],
]);

function reach(call: AwsCall): string {
  if (call.operation === 'pod_identity') return 'Check that the EKS Pod Identity agent runs on the node';
  const service = isLogin(call) ? 'STS' : 'the service';
  return `Check that ${call.region} is a region, and that the node reaches ${service} there (DNS, proxy, VPC endpoint)`;
}
