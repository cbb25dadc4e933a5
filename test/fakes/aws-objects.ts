import type { AwsSecretRef } from '../../src/core/aws-ref.ts';
import type { PlannedObject } from '../../src/core/plan.ts';

/** The secret `app/db` of one region, with the role of the service account. */
export const awsSecretRef: AwsSecretRef = {
  kind: 'aws-secret',
  store: { region: 'us-east-1', identity: { kind: 'irsa', audience: 'sts.amazonaws.com' } },
  request: { secretId: 'app/db' },
};

/** The whole of `awsSecretRef` as the file `app_db`, unless told otherwise. */
export function awsObject(changes: Partial<PlannedObject> = {}): PlannedObject {
  return {
    name: 'app_db',
    ref: awsSecretRef,
    select: { kind: 'raw' },
    encoding: 'utf-8',
    path: 'app_db',
    mode: 0o644,
    version: { kind: 'store' },
    optional: false,
    expand: false,
    ...changes,
  };
}
