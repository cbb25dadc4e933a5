import { AssumeRoleCommand } from '@aws-sdk/client-sts';

import type { AwsAssumedRole } from '../../core/aws-ref.ts';
import { type AwsCall, plain, quote } from './call.ts';
import type { LoginDeps, LoginRequest } from './login.ts';
import { sessionName } from './session-name.ts';
import type { Session } from './session.ts';
import { toSession } from './sts-session.ts';

/** The second role of a chain, usually of another account. AWS lets its session last an hour at the most. */
export async function assumeRole(
  deps: LoginDeps,
  { roleArn, externalId }: AwsAssumedRole,
  { region, caller, signal, base }: LoginRequest & { readonly base: Session },
): Promise<Session> {
  const condition = externalId === undefined ? '' : ` with the external ID ${quote(externalId)}`;
  const call: AwsCall = {
    operation: 'assume_role',
    action: 'sts:AssumeRole',
    target: `role ${quote(roleArn)}`,
    region,
    principal: base.principal,
    remedy: `Let its trust policy allow sts:AssumeRole to ${base.principal}${condition}, and a policy of that one allow it too`,
  };
  const command = () =>
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: sessionName(caller),
      ...(externalId !== undefined && { ExternalId: externalId }),
    });
  const sts = deps.clients.sts(region, base);
  const answer = await deps.run(call, (abortSignal) => sts.send(command(), { abortSignal }), { signal });
  return toSession(answer.Credentials, call, { principal: `role ${plain(roleArn)}`, nowMs: deps.clock.now() });
}
