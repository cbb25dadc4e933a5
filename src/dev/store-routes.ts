import * as z from 'zod';

import type { DatabaseEngine } from './database-engine.ts';
import type { SecretData } from './dev-secrets.ts';
import type { PodTokens } from './pod-tokens.ts';
import type { SecretsFile } from './secrets-file.ts';
import {
  notFound,
  permissionDenied,
  type StoreAnswer,
  toAnswer,
  toRefusal,
  unsupportedMethod,
} from './store-answers.ts';
import { sessionSeconds, type StoreSession, type StoreSessions } from './store-sessions.ts';
import type { Version } from './version-history.ts';

export interface StoreRequest {
  readonly method: string;
  /** Decoded, without `/v1/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
}

export interface StoreEngines {
  readonly file: SecretsFile;
  readonly tokens: PodTokens;
  readonly sessions: StoreSessions;
  readonly database: DatabaseEngine;
  readonly requestId: () => string;
}

const loginBody = z.object({ jwt: z.string().min(1), role: z.string().min(1) });
const renewBody = z.object({ lease_id: z.string().min(1), increment: z.int().min(1).optional() });

/** Tells one request from another and answers it as Vault would. */
export function answerRequest(request: StoreRequest, engines: StoreEngines): StoreAnswer {
  const { method, path, token } = request;
  const isWrite = method === 'POST' || method === 'PUT';
  if (/^auth\/.+\/login$/.test(path)) return isWrite ? login(request.body, engines) : unsupportedMethod;

  const session = engines.sessions.find(token);
  if (session === undefined) return permissionDenied;
  if (path === 'auth/token/renew-self') return isWrite ? renewSelf(session, engines) : unsupportedMethod;
  if (path === 'sys/leases/renew') return isWrite ? renewLease(request.body, engines) : unsupportedMethod;
  return method === 'GET' ? read(request, engines) : unsupportedMethod;
}

/** The kubernetes and the jwt method look alike from outside: a token and a role go in, a store token comes out. */
function login(body: unknown, engines: StoreEngines): StoreAnswer {
  const given = loginBody.safeParse(body);
  if (!given.success) return toRefusal(400, 'missing jwt or role');
  const identity = engines.tokens.review(given.data.jwt);
  if (identity === undefined) return permissionDenied;
  return toSessionAnswer(engines.sessions.open(identity, given.data.role), engines);
}

function renewSelf({ token }: StoreSession, engines: StoreEngines): StoreAnswer {
  const session = engines.sessions.renew(token);
  return session === undefined ? permissionDenied : toSessionAnswer(session, engines);
}

function toSessionAnswer({ token, accessor, identity, role }: StoreSession, engines: StoreEngines): StoreAnswer {
  const policies = ['default', role];
  return toAnswer({
    requestId: engines.requestId(),
    mountType: '',
    auth: {
      client_token: token,
      accessor,
      policies,
      token_policies: policies,
      // What makes a login provably the account's own, so that the provider may share answers between its pods.
      metadata: {
        role,
        service_account_name: identity.serviceAccount,
        service_account_namespace: identity.namespace,
        service_account_secret_name: '',
        service_account_uid: '',
      },
      lease_duration: sessionSeconds,
      renewable: true,
      entity_id: '',
      token_type: 'service',
      orphan: true,
      mfa_requirement: null,
      num_uses: 0,
    },
  });
}

function renewLease(body: unknown, engines: StoreEngines): StoreAnswer {
  const given = renewBody.safeParse(body);
  if (!given.success) return toRefusal(400, 'missing lease_id');
  const { lease_id: id, increment } = given.data;
  const seconds = engines.database.renew(id, increment);
  if (seconds === undefined) return toRefusal(400, 'lease not found');
  return toAnswer({ requestId: engines.requestId(), mountType: '', lease: { id, seconds, renewable: true } });
}

function read({ path, query }: StoreRequest, engines: StoreEngines): StoreAnswer {
  const [, mount = '', name = ''] = /^(secret\/data|kv|database\/creds)\/(.+)$/.exec(path) ?? [];
  switch (mount) {
    case 'secret/data':
      return readVersion(engines.file.histories().secret.of(name), query.get('version'), engines);
    case 'kv':
      return readPlain(name, engines);
    case 'database/creds':
      return generateUser(name, engines);
    default:
      return notFound;
  }
}

function readVersion(
  versions: readonly Version<SecretData>[],
  wanted: string | null,
  engines: StoreEngines,
): StoreAnswer {
  const number = wanted === null || wanted === '0' ? versions.length : Number(wanted);
  const version = versions[number - 1];
  if (version === undefined) return notFound;
  const createdTime = new Date(version.createdMs).toISOString();
  const isDeleted = version.data === undefined;
  const metadata = {
    created_time: createdTime,
    custom_metadata: null,
    deletion_time: isDeleted ? createdTime : '',
    destroyed: false,
    version: version.number,
  };
  const data = { data: version.data ?? null, metadata };
  return toAnswer({ requestId: engines.requestId(), mountType: 'kv', data }, isDeleted ? 404 : 200);
}

function readPlain(name: string, engines: StoreEngines): StoreAnswer {
  const data = engines.file.current().kv.get(name);
  if (data === undefined) return notFound;
  return toAnswer({ requestId: engines.requestId(), mountType: 'kv', data, leaseSeconds: 2_764_800 });
}

function generateUser(roleName: string, engines: StoreEngines): StoreAnswer {
  const role = engines.file.current().database.get(roleName);
  if (role === undefined) return toRefusal(400, `unknown role: ${roleName}`);
  const { leaseId, leaseSeconds, username, password } = engines.database.issue(roleName, role);
  return toAnswer({
    requestId: engines.requestId(),
    mountType: 'database',
    data: { username, password },
    lease: { id: leaseId, seconds: leaseSeconds, renewable: true },
  });
}
