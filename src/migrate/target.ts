import type { Fields } from './fields.ts';
import { copiedMarks, type Marks } from './marks.ts';
import type { SourceObject } from './source-object.ts';
import { readTemplate, type Template } from './template.ts';

/** The Secret that an ExternalSecret keeps. */
export interface Target extends Marks {
  readonly secretName: string;
  /** Empty: Opaque. */
  readonly type: string;
  readonly immutable: boolean;
  readonly template: Template | undefined;
  /** For people who read the output. */
  readonly remarks: readonly string[];
}

/** Reads `spec.target`; undefined: there is no Secret to keep, which is reported. */
export function readTarget(spec: Fields, source: SourceObject): Target | undefined {
  const target = spec.fields('target');
  if (target === undefined)
    return toTarget(source, { secretName: '', template: undefined, immutable: false, remarks: [] });
  const isOther = target.refuse('manifest', {
    rule: 'target',
    message: 'is another kind than Secret, which lockstep does not write; leave this ExternalSecret with the operator',
  });
  const remarks = readCreation(target);
  readDeletion(target);
  const template = target.fields('template');
  const read = {
    secretName: target.text('name'),
    immutable: target.flag('immutable'),
    template: template && readTemplate(template),
    remarks: remarks ?? [],
  };
  return isOther || remarks === undefined ? undefined : toTarget(source, read);
}

interface ReadTarget {
  readonly secretName: string;
  readonly immutable: boolean;
  readonly template: Template | undefined;
  readonly remarks: readonly string[];
}

/** Parity: a template replaces what would be copied from the ExternalSecret. */
function toTarget(source: SourceObject, { secretName, immutable, template, remarks }: ReadTarget): Target {
  const { labels, annotations } = template ?? copiedMarks(source);
  return {
    secretName: secretName || source.name,
    type: template?.type ?? '',
    immutable,
    template,
    labels,
    annotations,
    remarks,
  };
}

/** Undefined: nothing is written. */
function readCreation(target: Fields): readonly string[] | undefined {
  const policy = target.text('creationPolicy') || 'Owner';
  switch (policy) {
    case 'Owner':
      return [
        'creationPolicy Owner deletes the Secret with the ExternalSecret; Retain keeps it with the SecretProviderClassSync',
      ];
    case 'Orphan':
      return [];
    case 'Merge':
    case 'CreateOrMerge':
      target.remark('creationPolicy', {
        rule: 'creation-policy',
        message:
          `is ${policy}: lockstep keeps whole Secrets. Use a Secret of its own for these keys; or adoptionPolicy Always, which takes ` +
          'the Secret over and leaves the keys of others in it',
      });
      return [];
    case 'None':
      target.remark('creationPolicy', {
        rule: 'creation-policy',
        message: 'is None: no Secret is written, so that there is nothing to translate',
      });
      return undefined;
    default:
      target.remark('creationPolicy', {
        rule: 'manifest-invalid',
        message: 'must be Owner, Orphan, Merge, CreateOrMerge or None',
      });
      return [];
  }
}

function readDeletion(target: Fields): void {
  const policy = target.text('deletionPolicy');
  if (policy === '' || policy === 'Retain') return;
  target.remark('deletionPolicy', {
    severity: 'warning',
    rule: 'deletion-policy',
    message:
      `is ${JSON.stringify(policy.slice(0, 40))}: what vanishes at the store does not vanish from the Secret; lockstep keeps the last ` +
      'value and reports the object. Write optional: true on objects whose keys may go',
  });
}
