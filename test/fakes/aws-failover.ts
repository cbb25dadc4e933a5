import { it as base } from './aws-backend.ts';
import { secretRef } from './aws-callers.ts';
import type { ScriptedAwsReply } from './aws-server.ts';
import type { WireReply } from './wire-server.ts';

export const east = 'us-east-1';
export const west = 'us-west-2';
/** What a class says that falls back on the west. */
export const store = { failoverRegion: west };
export const db = secretRef({ secretId: 'db' }, store);

/** A test at two regions, each with the secret `db` and the parameter `/db` of its own. */
export const it = base
  .extend('aws', ({ aws }) => {
    for (const region of [east, west]) {
      aws.secrets.set(region, 'db', `secret of ${region}`);
      aws.parameters.set(region, '/db', `parameter of ${region}`);
    }
    return aws;
  })
  .extend('secretsAnswer', ({ aws }) => (region: string, reply: WireReply, more: Partial<ScriptedAwsReply> = {}) => {
    aws.script({ action: 'GetSecretValue', region, reply, ...more });
  });
