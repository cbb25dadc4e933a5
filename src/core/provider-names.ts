/**
 * The providers that lockstep serves, in the order in which readiness names them: what `spec.provider` of a class may say, and
 * what a socket is called. `lockstep-…` are the same ones beside a running official provider; `lockstep` mixes stores in one
 * class.
 */
export const providerNames = [
  'vault',
  'openbao',
  'aws',
  'lockstep-vault',
  'lockstep-openbao',
  'lockstep-aws',
  'lockstep',
] as const;

export type ProviderName = (typeof providerNames)[number];

/** Whether we serve classes of that provider. */
export function isProviderName(name: string): name is ProviderName {
  return providerNames.some((each) => each === name);
}
