import { readFileSync } from 'node:fs';

import type { KubeConfig } from '@kubernetes/client-node';

import { podTokenFile } from '../client/in-cluster.ts';

/** The audiences of the token with which we authenticate: who gets one of those can act at the API server. None if it is no JWT. */
export function readApiAudiences(config: KubeConfig): readonly string[] {
  const token = config.getCurrentUser()?.token ?? readToken(podTokenFile);
  const [, claims = ''] = (token ?? '').split('.');
  try {
    const { aud } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly aud?: unknown };
    return [aud].flat().filter((each): each is string => typeof each === 'string');
  } catch {
    return [];
  }
}

function readToken(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
