import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';

import { type AwsCall, plain, quote } from './call.ts';
import type { LoginDeps, LoginRequest } from './login.ts';
import { sessionName } from './session-name.ts';
import type { Session } from './session.ts';
import { toSession } from './sts-session.ts';
import { describeAccount, readToken } from './token.ts';

/**
 * IAM roles for service accounts: the account's own token becomes the role. The session lasts as long as the role says, an
 * hour unless told otherwise. Throws TOKEN_MISSING, what the issuer of tokens throws, and what a call throws.
 */
export async function logInWithToken(deps: LoginDeps, roleArn: string, request: LoginRequest): Promise<Session> {
  const { region, identity, caller, signal } = request;
  const { tokenIssuer } = deps;
  const token = (await readToken(caller, identity.audience, { tokenIssuer, signal })).reveal().toString();
  const { namespace, serviceAccount } = caller;
  const subject = `system:serviceaccount:${namespace}:${serviceAccount}`;
  const call: AwsCall = {
    operation: 'assume_role',
    action: 'sts:AssumeRoleWithWebIdentity',
    target: `role ${quote(roleArn)}`,
    region,
    principal: describeAccount(caller),
    remedy:
      `Let the role's trust policy allow sts:AssumeRoleWithWebIdentity to ${subject} with the audience ${identity.audience}, ` +
      'and let its account have the OIDC provider of this cluster',
  };
  const command = () =>
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: sessionName(caller),
      WebIdentityToken: token,
    });
  const sts = deps.clients.sts(region);
  const answer = await deps.run(call, (abortSignal) => sts.send(command(), { abortSignal }), { signal });
  return toSession(answer.Credentials, call, { principal: `role ${plain(roleArn)}`, nowMs: deps.clock.now() });
}
