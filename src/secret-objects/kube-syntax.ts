/**
 * What the API server takes for names, keys, labels and annotations of a Secret (apimachinery's validation). Each check answers
 * why a text is refused, as the end of a sentence that starts with it; undefined: it is fine.
 */

const maxNameLength = 253;
const maxLabelLength = 63;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const qualifiedName = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const dataKey = /^[-._a-zA-Z0-9]+$/;

/** A DNS subdomain of RFC 1123. */
export function checkObjectName(name: string): string | undefined {
  if (name.length > maxNameLength) return `is longer than ${maxNameLength} characters`;
  if (name.split('.').every((label) => dnsLabel.test(label))) return undefined;
  return 'is no name for a Secret: lower case letters, digits, `-` and `.`, and a letter or digit at the ends of every part';
}

/** A key of a Secret's data. */
export function checkDataKey(key: string): string | undefined {
  if (key.length > maxNameLength) return `is longer than ${maxNameLength} characters`;
  if (!dataKey.test(key)) return 'is no key for a Secret: letters, digits, `-`, `_` and `.` only';
  return key === '.' || key.startsWith('..')
    ? 'is no key for a Secret: it must not be `.` or start with `..`'
    : undefined;
}

/** The key of a label: a name, with or without a DNS subdomain before a slash. */
export function checkLabelKey(key: string): string | undefined {
  const [name = '', prefix, ...others] = key.split('/').toReversed();
  const isPrefixed = prefix === undefined || checkObjectName(prefix) === undefined;
  if (others.length === 0 && isPrefixed && name.length <= maxLabelLength && qualifiedName.test(name)) return undefined;
  return `is no key: at most ${maxLabelLength} letters, digits, \`-\`, \`_\` and \`.\`, with or without a \`dns.prefix/\``;
}

/** As for labels, but upper case counts as lower case. */
export function checkAnnotationKey(key: string): string | undefined {
  return checkLabelKey(key.toLowerCase());
}

export function checkLabelValue(value: string): string | undefined {
  if (value === '' || (value.length <= maxLabelLength && qualifiedName.test(value))) return undefined;
  return `is no value for a label: at most ${maxLabelLength} letters, digits, \`-\`, \`_\` and \`.\`, with a letter or digit at both ends`;
}
