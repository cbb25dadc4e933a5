import type { Fields } from './fields.ts';

/** What a template makes of the values, as far as a Secret of lockstep can have it. */
export interface Template {
  /** Empty: Opaque. */
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Key of the Secret → key of the provider's data that stands there unchanged. */
  readonly keys: ReadonlyMap<string, string>;
  /** The provider's data are in the Secret as well. */
  readonly keepsData: boolean;
}

/** Reads `target.template`; what needs a template engine is reported. */
export function readTemplate(template: Fields): Template {
  const version = template.text('engineVersion');
  if (version !== '' && version !== 'v2') {
    template.remark('engineVersion', { rule: 'template', message: 'must be v2' });
  }
  const hasFrom = template.refuse('templateFrom', {
    rule: 'template',
    message: `needs a template engine, which lockstep does not have; those keys are left out. ${alternative}`,
  });
  const hasData = template.has('data');
  const keys = readData(template);
  const metadata = template.fields('metadata');
  metadata?.refuse('finalizers', {
    rule: 'metadata',
    message: 'is not carried over: whoever removes finalizers has to set them; let that tool do both',
  });
  return {
    type: template.text('type'),
    labels: metadata ? readMarks(metadata, 'labels') : {},
    annotations: metadata ? readMarks(metadata, 'annotations') : {},
    keys,
    keepsData: template.text('mergePolicy') === 'Merge' || !(hasData || hasFrom),
  };
}

const alternative =
  'Store the text at the store as one value, or let the workload put it together (an env with $(NAME) references, an init container)';

/** `{{ .password }}`, `{{- index . "pass-word" | toString -}}` and nothing around it. */
const reference = /^\{\{-?\s*(?:\.([A-Za-z_]\w*)|index\s+\.\s+"([^"\\]+)")\s*(?:\|\s*toString\s*)?-?\}\}$/;

function readData(template: Fields): ReadonlyMap<string, string> {
  const data = template.fields('data');
  const keys = new Map<string, string>();
  for (const key of data?.names() ?? []) {
    const text = data?.text(key) ?? '';
    const [, name, indexed] = reference.exec(text) ?? [];
    const source = name ?? indexed;
    if (source !== undefined) keys.set(key, source);
    else data?.remark(key, { rule: 'template', message: explain(text) });
  }
  return keys;
}

function explain(text: string): string {
  if (!text.includes('{{')) {
    return `is a constant, which a Secret of lockstep cannot hold; the key is left out. Put it into a ConfigMap, or into the store`;
  }
  const unwrapped = text.trim();
  if (unwrapped !== text && reference.test(unwrapped)) {
    return `adds white space around the value, which lockstep does not; the key is left out. Write the template without (>- or |-)`;
  }
  return `needs a template engine, which lockstep does not have; the key is left out. ${alternative}`;
}

/** Labels or annotations; a template in one is reported. */
function readMarks(metadata: Fields, name: 'labels' | 'annotations'): Readonly<Record<string, string>> {
  const marks = metadata.fields(name);
  const plain = (marks?.names() ?? []).map((key) => [key, marks?.text(key) ?? ''] as const);
  return Object.fromEntries(
    plain.filter(([key, text]) => {
      if (!text.includes('{{')) return true;
      marks?.remark(key, {
        rule: 'template',
        message: 'needs a template engine, which lockstep does not have; it is left out',
      });
      return false;
    }),
  );
}
