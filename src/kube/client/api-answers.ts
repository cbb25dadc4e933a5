import type { ApiCall } from './api-call.ts';
import { invalidAnswerError } from './api-errors.ts';
import type { KubeList, KubeObject } from '../objects.ts';

/** An object of the API server, with name, uid and version. Throws KUBE_ANSWER_INVALID, which quotes nothing of it. */
export function readObject(body: Buffer, call: ApiCall): KubeObject {
  const value = parseJson(body, call);
  if (isKubeObject(value)) return value;
  throw invalidAnswerError(call, 'it is no object with metadata');
}

/** An object that is only an answer, such as a TokenRequest: its metadata may be empty. */
export function readReply(body: Buffer, call: ApiCall): KubeObject {
  const value = parseJson(body, call);
  if (isReply(value)) return value;
  throw invalidAnswerError(call, 'it is no object with metadata');
}

export function readList(body: Buffer, call: ApiCall): KubeList {
  const value = parseJson(body, call);
  if (isRecord(value) && isListMeta(value['metadata'])) {
    // Go writes an empty list as null now and then. Without the member it is something else, not an empty list.
    const items = value['items'] === null ? [] : value['items'];
    if (isArray(items) && items.every(isKubeObject)) return { metadata: value['metadata'], items };
  }
  throw invalidAnswerError(call, 'it is no list of objects');
}

export function isKubeObject(value: unknown): value is KubeObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { name, uid, resourceVersion } = value['metadata'];
  return typeof name === 'string' && typeof uid === 'string' && typeof resourceVersion === 'string';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isReply(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value['metadata']);
}

function isListMeta(value: unknown): value is KubeList['metadata'] {
  return isRecord(value) && typeof value['resourceVersion'] === 'string';
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The parser's own words quote the text, so they go nowhere. */
function parseJson(body: Buffer, call: ApiCall): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw invalidAnswerError(call, 'it is not JSON');
  }
}
