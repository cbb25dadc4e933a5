import type { HeaderField } from './hpack-decoder.ts';

/** The characters an authority may have (RFC 3986 §3.2). Node resets a stream whose authority has others. */
const acceptable = /^[\w.~!$&'()*+,;=:@%[\]-]+$/;

/** What drivers 1.6 and newer send. Nothing on a unix socket depends on it. */
const replacement = 'localhost';

export function hasAcceptableAuthority(fields: readonly HeaderField[]): boolean {
  const authority = fields.find(({ name }) => name === ':authority');
  return authority !== undefined && acceptable.test(authority.value);
}

/** The same request with an authority that Node accepts; trailers, which have no pseudo-header, stay as they are. */
export function withAcceptableAuthority(fields: readonly HeaderField[]): readonly HeaderField[] {
  const isRequest = fields.some(({ name }) => name === ':method');
  if (!isRequest || hasAcceptableAuthority(fields)) return fields;
  const others = fields.filter(({ name }) => name !== ':authority');
  return [{ name: ':authority', value: replacement, sensitive: false }, ...others];
}
