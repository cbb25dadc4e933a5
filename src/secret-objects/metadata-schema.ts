import * as z from 'zod';

import { checkAnnotationKey, checkLabelKey, checkLabelValue } from './kube-syntax.ts';

/** What the API server lets the annotations of an object take, less our own. */
const maxAnnotationBytes = 256 * 1024 - 1024;

/** Labels of a Secret; none may be one of those by which owners are told apart. */
export const labelsSchema = mapOf(checkLabelKey, checkLabelValue);

/** Annotations of a Secret. */
export const annotationsSchema = mapOf(checkAnnotationKey, () => undefined).refine(
  (annotations) => Buffer.byteLength(Object.entries(annotations).flat().join('')) <= maxAnnotationBytes,
  `take more than ${maxAnnotationBytes} bytes together, which the API server refuses`,
);

/** Why a text is refused; undefined: it is fine. */
type Check = (text: string) => string | undefined;

/** Empty for null, and when it is left out. */
function mapOf(checkKey: Check, checkValue: Check) {
  const key = z.string().superRefine(refused((text) => checkKey(text) ?? checkReserved(text)));
  const value = z.string({ error: () => 'must be text; put numbers and the like in quotes' });
  return z
    .record(key, value.superRefine(refused(checkValue)), { error: toMapError })
    .nullish()
    .transform((map) => map ?? {});
}

/** As a check of zod. */
export function refused(check: Check) {
  return (text: string, context: z.RefinementCtx): void => {
    const message = check(text);
    if (message !== undefined) context.addIssue(message);
  };
}

function toMapError(issue: z.core.$ZodRawIssue): string {
  return issue.code === 'invalid_key'
    ? issue.issues.map(({ message }) => message).join('; ')
    : 'must be a map of names and texts';
}

function checkReserved(key: string): string | undefined {
  if (key.startsWith('lockstep.dev/')) return 'is kept for lockstep itself; leave it out';
  if (key !== 'secrets-store.csi.k8s.io/managed') return undefined;
  return "is the mark of the driver's own sync, which would take the Secret over; leave it out";
}
