/** What of an ARN decides where an object is. */
export interface Arn {
  readonly service: string;
  readonly region: string;
  readonly resource: string;
}

/** Parity: six sections between colons, of which the last may hold more; nothing else is checked. Undefined: none. */
export function parseArn(text: string): Arn | undefined {
  const [, , service, region, , ...resource] = text.split(':');
  if (!isArn(text) || service === undefined || region === undefined || resource.length === 0) return undefined;
  return { service, region, resource: resource.join(':') };
}

/** Whether a name is meant to be one. */
export function isArn(text: string): boolean {
  return text.startsWith('arn:');
}
