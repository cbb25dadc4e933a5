import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type LookupFunction, type Socket } from 'node:net';

import type { AwsIdentity } from '../../core/aws-ref.ts';
import type { AwsPodIdentityAgent } from '../../core/store-defaults.ts';
import { maxAgentAnswerBytes } from './limits.ts';

export type AddressType = Extract<AwsIdentity, { kind: 'pod-identity' }>['addressType'];

export interface AgentAnswer {
  readonly status: number;
  readonly body: string;
}

export interface AgentRequest {
  readonly token: string;
  readonly addressType: AddressType;
  readonly signal: AbortSignal;
}

/** Asks the agent for the credentials of a token. Any status is an answer; rejects with errors of Node. */
export type AskAgent = (request: AgentRequest) => Promise<AgentAnswer>;

/**
 * The EKS Pod Identity agent of the node: never through a proxy, on connections of their own. With `auto` both addresses are
 * tried, the second one when the first refuses or is silent for a moment, and what answered is tried first the next time.
 */
export function createAskAgent(agent: AwsPodIdentityAgent): AskAgent {
  const addresses = [
    { address: agent.ipv4, family: 4 },
    { address: agent.ipv6, family: 6 },
  ];
  let preferred = 4;
  const toOrder = (addressType: AddressType) => {
    if (addressType !== 'auto') return addresses.filter(({ family }) => family === families[addressType]);
    return addresses.toSorted((a, b) => Number(b.family === preferred) - Number(a.family === preferred));
  };
  return async ({ token, addressType, signal }) => {
    const order = toOrder(addressType);
    const response = await send(order, { port: agent.port, token, signal });
    if (addressType === 'auto') preferred = familyOf(response.socket) ?? preferred;
    return { status: response.statusCode ?? 0, body: await readBody(response) };
  };
}

interface Address {
  readonly address: string;
  readonly family: number;
}

const families = { ipv4: 4, ipv6: 6 } as const;
const path = '/v1/credentials';
/** As long as a link-local connection may take before the other address is tried, too. */
const silenceMs = 250;

function send(
  addresses: readonly Address[],
  { port, token, signal }: { readonly port: number; readonly token: string; readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => connectToFirst(addresses, port),
      host: addresses[0]?.address,
      port,
      path,
      headers: { Authorization: token, Accept: 'application/json', Connection: 'close' },
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

/** Node tries the addresses that a name has one after the other; these have none, so one is made up. */
function connectToFirst(addresses: readonly Address[], port: number): Socket {
  const lookup: LookupFunction = (_name, _options, done) => done(null, [...addresses]);
  const host = 'pod-identity-agent';
  return connect({ host, port, lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: silenceMs });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    // No encoding is set, so that chunks are buffers.
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    // Cut off, it is no JSON any more, and refused as such.
    if (sizeBytes > maxAgentAnswerBytes) break;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function familyOf({ remoteFamily }: Socket): number | undefined {
  return remoteFamily === undefined ? undefined : families[remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4'];
}
