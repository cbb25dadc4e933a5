/** One request to AWS in words: for messages and metrics. */
export interface AwsCall {
  readonly operation: 'assume_role' | 'pod_identity' | 'get_secret' | 'batch_get' | 'get_parameters';
  /** As IAM policies name it: `secretsmanager:GetSecretValue`. */
  readonly action: string;
  /** `secret "app/db"`, `role "arn:…"`. */
  readonly target: string;
  readonly region: string;
  /** Who asks, fit for a message: `role arn:…`, `service account shop/web`. */
  readonly principal: string;
  /** What helps against a refusal, where the call knows better than its code. */
  readonly remedy?: string;
}

/** `secretsmanager:GetSecretValue on secret "app/db" in us-east-1 as role arn:…`. */
export function describeCall({ action, target, region, principal }: AwsCall): string {
  return `${action} on ${target} in ${plain(region)} as ${principal}`;
}

export function isLogin({ operation }: AwsCall): boolean {
  return operation === 'assume_role' || operation === 'pod_identity';
}

/** `secret "a"`, `secrets "a", "b" and 3 more`. */
export function quoteAll(noun: string, names: readonly string[]): string {
  const shown = names.slice(0, maxShown).map(quote).join(', ');
  const more = names.length > maxShown ? ` and ${names.length - maxShown} more` : '';
  return `${noun}${names.length === 1 ? '' : 's'} ${shown}${more}`;
}

/** A name from a manifest as a message shows it: quoted, without control characters, bounded. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** As `quote`, without the quotes. */
export function plain(text: string): string {
  return quote(text).slice(1, -1);
}

const maxShown = 3;

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
