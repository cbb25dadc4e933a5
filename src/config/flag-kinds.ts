import * as z from 'zod';

import { parseGoDuration } from '../core/duration.ts';
import { parseGoBool } from '../core/parse-bool.ts';
import { isLabelSelector, isNamespaceName, isObjectName, isQualifiedName } from './kube-names.ts';
import { checkVaultAddress } from './vault-address.ts';

/** A host name or address and a port; an empty host means every address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The commonest reading of a flag: text that must not be empty. */
export function text(): z.ZodType<string> {
  return z.string({ error: 'is missing' }).min(1, 'must not be empty');
}

/** On when given; a variable says `true` or `false`. */
export function toggle(): z.ZodType<boolean> {
  return z
    .union([z.literal(true), z.string()])
    .optional()
    .transform((value, context) => {
      const on = typeof value === 'string' ? parseGoBool(value) : value === true;
      return on ?? refuse(context, value, 'must be true or false');
    });
}

/** Milliseconds from a duration as Go writes it, at least `minMs`. */
export function duration(minMs = 0): z.ZodType<number> {
  return z.string({ error: 'is missing' }).transform((value, context) => {
    const ms = parseGoDuration(value);
    if (ms !== undefined && ms >= minMs) return ms;
    const bound = minMs > 0 && ms !== undefined ? `must be at least ${minMs}ms` : 'is no duration of zero or more';
    return refuse(context, value, `${bound}; write it like 500ms, 30s, 5m or 1h30m`);
  });
}

/** A whole number in decimal. */
export function integer(range: { readonly min: number; readonly max: number }): z.ZodType<number> {
  return z.string({ error: 'is missing' }).transform((value, context) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    return refuse(context, value, `must be a whole number from ${range.min} to ${range.max}`);
  });
}

/** One word of a closed set. */
export function choice<const T extends string>(words: readonly T[]): z.ZodType<T> {
  return z.enum(words, { error: `must be one of: ${words.join(', ')}` });
}

/** Words between commas; blanks around them do not count. */
export function list(): z.ZodType<readonly string[]> {
  return checkedList(() => undefined);
}

/** Addresses of Vault or OpenBao between commas. */
export function addresses(): z.ZodType<readonly string[]> {
  return checkedList((item) => {
    const reason = checkVaultAddress(item);
    return reason && `holds an address that ${reason}`;
  });
}

/** Names of namespaces between commas, at least one; each counts once. */
export function namespaces(): z.ZodType<readonly string[]> {
  return checkedList((item) => (isNamespaceName(item) ? undefined : `holds no name of a namespace: ${item}`))
    .refine((items) => items.length > 0, 'names no namespace')
    .transform((items) => [...new Set(items)]);
}

/** The name of one namespace. */
export function namespace(): z.ZodType<string> {
  return text().refine(isNamespaceName, 'is no name of a namespace');
}

/** The name of an object of Kubernetes. */
export function objectName(): z.ZodType<string> {
  return text().refine(isObjectName, 'is no name of an object; small letters, digits, - and . are allowed');
}

/** A selector of labels as `kubectl -l` takes it. */
export function labelSelector(): z.ZodType<string> {
  return text().refine(isLabelSelector, 'is no label selector; write it like team=shop,stage!=test or tier in (a,b)');
}

/** The key of a taint that is somebody's to give: not one of those that Kubernetes itself sets and removes. */
export function taintKey(): z.ZodType<string> {
  return z.string({ error: 'is missing' }).superRefine((value, context) => {
    if (!isQualifiedName(value)) {
      refuse(context, value, 'is no key of a taint; write it like example.com/not-ready, without value and effect');
    } else if (ofKubernetes.test(value)) {
      refuse(
        context,
        value,
        'is a taint that Kubernetes keeps itself; use one of your own, like example.com/not-ready',
      );
    }
  });
}

const ofKubernetes = /^node(?:-role|\.cloudprovider)?\.kubernetes\.io\//;

/** Words of a closed set between commas, at least one; each counts once. */
export function choices<const T extends string>(words: readonly T[]): z.ZodType<readonly T[]> {
  const item = z.enum(words);
  return z.string({ error: 'is missing' }).transform((value, context) => {
    const read = splitList(value).map((word) => ({ word, result: item.safeParse(word) }));
    const unknown = read.filter(({ result }) => !result.success).map(({ word }) => word);
    if (unknown.length > 0 || read.length === 0) {
      const what = unknown.length > 0 ? `names what is not there: ${unknown.join(', ')}` : 'names nothing';
      return refuse(context, value, `${what}; choose from: ${words.join(', ')}`);
    }
    return [...new Set(read.flatMap(({ result }) => (result.success ? [result.data] : [])))];
  });
}

/** `HOST:PORT`, `:PORT` or `[v6]:PORT`; undefined for `off` and nothing. Port 0 takes a free one. */
export function hostPort(): z.ZodType<HostPort | undefined> {
  return z.string({ error: 'is missing' }).transform((value, context) => {
    if (value === '' || value === 'off') return undefined;
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(value);
    const port = Number(match?.[3] ?? Number.NaN);
    if (match && port <= 65_535) return { host: match[1] ?? match[2] ?? '', port };
    return refuse(context, value, 'must be HOST:PORT, :PORT, or off');
  });
}

/** `KEY=VALUE`, any number of times. */
export function pairs(): z.ZodType<ReadonlyMap<string, string>> {
  return z.union([z.undefined(), z.array(z.string())]).transform((items, context) => {
    const found = new Map<string, string>();
    for (const item of items ?? []) {
      const cut = item.indexOf('=');
      if (cut <= 0 || cut === item.length - 1) refuse(context, item, `must be KEY=VALUE, not ${JSON.stringify(item)}`);
      else found.set(item.slice(0, cut), item.slice(cut + 1));
    }
    return found;
  });
}

/** `check` says what is wrong with an item. */
function checkedList(check: (item: string) => string | undefined): z.ZodType<readonly string[]> {
  return z.string({ error: 'is missing' }).transform((value, context) => {
    const items = splitList(value);
    for (const item of items) {
      const reason = check(item);
      if (reason !== undefined) refuse(context, item, reason);
    }
    return items;
  });
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function refuse(context: z.RefinementCtx, input: unknown, message: string): never {
  context.addIssue({ code: 'custom', input, message });
  return z.NEVER;
}
