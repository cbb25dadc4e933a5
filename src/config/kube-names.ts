/** A DNS label (RFC 1123), as the API server wants it for namespaces. */
export function isNamespaceName(text: string): boolean {
  return dnsLabel.test(text);
}

/** A DNS subdomain (RFC 1123), as the API server wants it for Secrets and most other objects. */
export function isObjectName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));
}

/**
 * Whether the API server will understand a label selector: requirements between commas, each `key`, `!key`, `key=value`,
 * `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key>1` or `key<1`. An empty one selects everything.
 */
export function isLabelSelector(text: string): boolean {
  return text
    .split(/,(?![^()]*\))/)
    .map((requirement) => requirement.trim())
    .every((requirement, _index, all) => isRequirement(requirement) || (requirement === '' && all.length === 1));
}

/** A name with an optional DNS subdomain before it (`example.com/name`): keys of labels, annotations and taints. */
export function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...others] = text.split('/').toReversed();
  return labelName.test(name) && (prefix === undefined || isObjectName(prefix)) && others.length === 0;
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function isRequirement(text: string): boolean {
  const absent = /^!\s*(\S+)$/.exec(text);
  if (absent) return isQualifiedName(absent[1] ?? '');
  const [, key = '', rest = ''] = /^([^\s=!<>()]+)\s*(.*)$/s.exec(text) ?? [];
  return isQualifiedName(key) && (rest === '' || isCondition(rest));
}

function isCondition(text: string): boolean {
  const compared = /^(?:==?|!=)\s*(\S*)$/.exec(text);
  if (compared) return isLabelValue(compared[1] ?? '');
  if (/^[<>]\s*-?\d+$/.test(text)) return true;
  const set = /^(?:in|notin)\s*\(([^()]*)\)$/.exec(text);
  return set !== null && (set[1] ?? '').split(',').every((value) => isLabelValue(value.trim()));
}

function isLabelValue(text: string): boolean {
  return text === '' || labelName.test(text);
}
