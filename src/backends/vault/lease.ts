import { X509Certificate } from 'node:crypto';

import type { VaultRef } from '../../core/object-ref.ts';
import type { VaultAnswer } from '../../core/vault-answer.ts';

/** How long an answer belongs to the caller that it was issued to. */
export interface Lease {
  /** Empty for a certificate, which lives without the token that issued it. */
  readonly id: string;
  readonly ttlMs: number;
  readonly renewable: boolean;
}

/**
 * The lease of an answer, or undefined for one that is just read. A lease has an id: KV version 1 answers a duration
 * without one. A certificate counts when it was made for the request, so not in an answer to GET or LIST, which may be a
 * copy that somebody stored.
 */
export function findLease(answer: VaultAnswer, { request }: VaultRef, nowMs: number): Lease | undefined {
  if (answer.leaseId !== '') {
    return { id: answer.leaseId, ttlMs: Math.max(answer.leaseDurationS, 0) * 1000, renewable: answer.renewable };
  }
  if (request.method === 'GET' || request.method === 'LIST') return undefined;
  const endsAtMs = findCertificateEnd(answer);
  return endsAtMs === undefined || endsAtMs <= nowMs
    ? undefined
    : { id: '', ttlMs: endsAtMs - nowMs, renewable: false };
}

function findCertificateEnd(answer: VaultAnswer): number | undefined {
  const certificate = answer.data?.get('certificate');
  if (typeof certificate !== 'string') return undefined;
  try {
    return new X509Certificate(certificate).validToDate.getTime();
  } catch {
    return undefined;
  }
}
