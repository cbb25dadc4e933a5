/**
 * The steps of a `property`: names of keys and indexes of lists. Undefined: it uses more of gjson (wildcards, queries, modifiers)
 * than that. A `\.` is a dot inside a name.
 */
export function parseProperty(property: string): readonly string[] | undefined {
  const steps: string[] = [''];
  for (const [, escaped, character = ''] of property.matchAll(/(\\)?(.)/gsu)) {
    if (escaped === undefined && special.has(character)) return undefined;
    if (escaped === undefined && character === '.') steps.push('');
    else steps.push(`${steps.pop() ?? ''}${character}`);
  }
  return steps.includes('') ? undefined : steps;
}

/** `db.hosts.0.name` → `db.hosts[0].name`; a name that JMESPath would not take as it is stands in quotes. */
export function toJmesPath(steps: readonly string[]): string {
  return steps
    .map((step, index) => {
      if (index > 0 && /^\d{1,9}$/.test(step)) return `[${Number(step)}]`;
      const name = /^[A-Za-z_]\w*$/.test(step) ? step : JSON.stringify(step);
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

/** What gjson gives a meaning. */
const special: ReadonlySet<string> = new Set('*?#|@!{}[]()%<>=');
