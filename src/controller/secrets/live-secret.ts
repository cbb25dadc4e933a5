import { SecretBytes } from '../../core/secret-bytes.ts';
import { fieldManager, type KubeObject, membersOf, type ObjectMeta } from '../../kube/objects.ts';

/** A Secret as the API server has it. */
export interface LiveSecret {
  readonly metadata: ObjectMeta;
  readonly type: string;
  readonly immutable: boolean;
  readonly data: ReadonlyMap<string, SecretBytes>;
  /** Fields that we applied, by managedFields; undefined: none of them are known to be ours (a restored backup). */
  readonly applied: AppliedFields | undefined;
}

export interface AppliedFields {
  readonly data: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
  readonly annotations: ReadonlySet<string>;
  /** Uids of owner references. */
  readonly owners: ReadonlySet<string>;
}

/** Reads what the API server sent. Its schema holds: nothing else can be in there. */
export function toLiveSecret(object: KubeObject): LiveSecret {
  const { metadata, type, immutable, data } = object;
  return {
    metadata,
    type: typeof type === 'string' ? type : 'Opaque',
    immutable: immutable === true,
    data: new Map(Object.entries(membersOf(data)).map(([key, text]) => [key, toBytes(text)])),
    applied: appliedBy(fieldManager, metadata.managedFields ?? []),
  };
}

function toBytes(text: unknown): SecretBytes {
  return SecretBytes.from(Buffer.from(typeof text === 'string' ? text : '', 'base64'));
}

function appliedBy(manager: string, entries: readonly object[]): AppliedFields | undefined {
  const entry = entries.map(membersOf).find((each) => each['manager'] === manager && each['operation'] === 'Apply');
  if (entry === undefined) return undefined;
  const fields = membersOf(entry['fieldsV1']);
  const metadata = membersOf(fields['f:metadata']);
  return {
    data: namesIn(fields['f:data']),
    labels: namesIn(metadata['f:labels']),
    annotations: namesIn(metadata['f:annotations']),
    owners: ownersIn(metadata['f:ownerReferences']),
  };
}

/** `{"k:{\"uid\":\"1-2\"}": {}}` → `1-2`. */
function ownersIn(fields: unknown): ReadonlySet<string> {
  const uids = Object.keys(membersOf(fields)).flatMap((name) => /^k:\{"uid":"([^"]*)"\}$/.exec(name)?.[1] ?? []);
  return new Set(uids);
}

/** `{"f:a": {}, ".": {}}` → `a`. */
function namesIn(fields: unknown): ReadonlySet<string> {
  const own = Object.keys(membersOf(fields)).filter((name) => name.startsWith('f:'));
  return new Set(own.map((name) => name.slice(2)));
}
