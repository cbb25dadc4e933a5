import type { Parameter } from '@aws-sdk/client-ssm';

import type { AwsParameterRequest } from '../../core/aws-ref.ts';

/** How GetParameters is asked for a version or label: `name`, `name:3` or `name:label`. */
export function toSelector({ name, version, label }: AwsParameterRequest): string {
  const selector = version ?? label;
  return selector === undefined ? name : `${name}:${selector}`;
}

/**
 * The parameter that was asked for as `asked`, wherever it stands in the answer. AWS names it by name or, when it is shared
 * by another account, by ARN, and repeats the selector. Emulators leave the selector out: then a version says it too, and
 * without one the only parameter of that name is it. Undefined: it is not there, or could be more than one.
 */
export function findParameter(asked: string, answered: readonly Parameter[]): Parameter | undefined {
  const exact = answered.filter((parameter) =>
    namesOf(parameter).some((name) => `${name}${parameter.Selector ?? ''}` === asked),
  );
  if (exact.length > 0) return single(exact);
  const [base, selector] = splitSelector(asked);
  const mute = answered.filter((parameter) => !parameter.Selector && namesOf(parameter).includes(base));
  return mute.find(({ Version }) => String(Version) === selector) ?? single(mute);
}

/** The same parameter may stand there twice, asked for by name and by ARN. */
function single(candidates: readonly Parameter[]): Parameter | undefined {
  return new Set(candidates.map(({ Version }) => Version)).size === 1 ? candidates[0] : undefined;
}

function namesOf({ Name, ARN }: Parameter): readonly string[] {
  return [Name, ARN].filter((name) => name !== undefined);
}

/** The selector follows the last colon: one in an ARN that has none stands before the resource. */
function splitSelector(asked: string): readonly [string, string | undefined] {
  const colon = asked.lastIndexOf(':');
  const hasSelector = colon > asked.lastIndexOf('/') && colon > asked.lastIndexOf(':parameter');
  return hasSelector ? [asked.slice(0, colon), asked.slice(colon + 1)] : [asked, undefined];
}
