import { hash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { podKey } from '../core/caller.ts';
import { SecretError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Parsed } from '../core/problem.ts';
import { MountRequest } from '../gen/v1alpha1/service.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { ClassInput } from '../spc/dialect.ts';
import { volumeKey } from './deliveries.ts';
import { requireParsed } from './mount-failure.ts';
import { parseRequest } from './request.ts';

/** What has to be known of a request before anything is fetched. Immutable, and shared by calls with equal requests. */
export interface PreparedMount {
  readonly input: ClassInput;
  readonly plan: Plan;
  /** Whose turn it is when mounts wait. */
  readonly pod: string;
  /** Names the volume of the pod. */
  readonly volume: string;
}

/** What a call is about, told as soon as it is known: the plan may be refused after that. */
export type OnIdentified = (input: ClassInput, volume: string) => void;

export type Prepare = (provider: ProviderName, bytes: Buffer, onIdentified: OnIdentified) => PreparedMount;

export interface PrepareDeps {
  /** Pure: equal inputs give equal plans. */
  readonly plan: (provider: ProviderName, input: ClassInput) => Parsed<Plan>;
}

/** Bytes of requests that are remembered: those of some hundred volumes. */
const maxRememberedBytes = 1024 * 1024;

/**
 * Reads a request and plans it. A republish repeats its request byte for byte as long as the pod's tokens live, so the
 * outcome is kept by the digest of the request, which leaves nothing to parse on a warm mount.
 * Throws SecretError REQUEST_INVALID, MANIFEST_INVALID or what else the dialect refuses, and keeps no refusal.
 */
export function createPrepare({ plan }: PrepareDeps): Prepare {
  const prepared = new LRUCache<string, PreparedMount>({ maxSize: maxRememberedBytes });

  return (provider, bytes, onIdentified) => {
    const key = `${provider} ${hash('sha256', bytes, 'base64')}`;
    const known = prepared.get(key);
    if (known) {
      onIdentified(known.input, known.volume);
      return known;
    }
    const { input, targetPath } = requireParsed(parseRequest(decode(bytes)));
    const volume = volumeKey(input.caller, targetPath);
    onIdentified(input, volume);
    const mount = { input, plan: requireParsed(plan(provider, input)), pod: podKey(input.caller), volume };
    prepared.set(key, mount, { size: Math.max(1, bytes.byteLength) });
    return mount;
  };
}

function decode(bytes: Buffer): MountRequest {
  try {
    return MountRequest.decode(bytes);
  } catch (cause) {
    throw new SecretError('REQUEST_INVALID', 'the request is no MountRequest of the provider protocol', { cause });
  }
}
