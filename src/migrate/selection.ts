import type { Fields } from './fields.ts';
import type { Remote, Wanted } from './remote.ts';
import type { Template } from './template.ts';

/** A key of the Secret and where its value comes from. */
export interface SelectedKey {
  readonly key: string;
  readonly remote: Remote;
}

export interface Selection {
  readonly keys: readonly SelectedKey[];
  readonly extracts: readonly Remote[];
}

/** What is in the Secret after a template, if there is one. Parity: what a template makes goes before the data themselves. */
export function selectKeys({ keys, extracts }: Wanted, template: Template | undefined, spec: Fields): Selection {
  const data = keys.map(({ name, remote }) => ({ key: name, remote }));
  if (template === undefined) return { keys: data, extracts };
  const made = [...template.keys].flatMap(([key, name]) => {
    const remote = findRemote(name, { keys, extracts });
    if (remote !== undefined) return [{ key, remote }];
    spec.remark(undefined, {
      rule: 'template',
      message:
        `has a template with ${JSON.stringify(name.slice(0, 100))}, of which it is not known before reading where it comes from; the key ` +
        `${JSON.stringify(key.slice(0, 100))} is left out. Name it under data`,
    });
    return [];
  });
  if (!template.keepsData) return { keys: made, extracts: [] };
  return { keys: [...made, ...data.filter(({ key }) => !template.keys.has(key))], extracts };
}

/** `data` before `dataFrom`; a single extract holds everything that is not named. */
function findRemote(name: string, { keys, extracts }: Wanted): Remote | undefined {
  const named = keys.findLast((each) => each.name === name);
  if (named !== undefined) return named.remote;
  const [extract, ...others] = extracts;
  if (extract === undefined || others.length > 0 || extract.property !== '') return undefined;
  return { ...extract, property: extract.store.backend === 'aws' ? name.replaceAll(/[^\w-]/g, String.raw`\$&`) : name };
}
