import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';

import { irsaAudience, podIdentityAudience } from '../src/core/aws-ref.ts';
import { FakeAws } from '../test/fakes/aws-server.ts';
import { type BenchDriver, type BenchMount, connectDriver } from './driver.ts';
import { startMeasured } from './process.ts';

/** Calls to AWS and to the agent of Pod Identity, counted on the wire, for pods of one service account on one node. */
export interface AwsCalls {
  readonly identity: 'IRSA' | 'Pod Identity';
  readonly pods: number;
  readonly objects: number;
  /** The first mounts of all pods, at once. */
  readonly cold: number;
  /** One republish of each pod within the refresh interval. */
  readonly warm: number;
  /** One republish of each pod after the refresh interval. */
  readonly refresh: number;
  /** The same with `--aws-batch auto`. */
  readonly batchedRefresh: number;
}

export interface AwsCallsOptions {
  /** For the socket and the compile cache. */
  readonly directory: string;
  /** Node's arguments up to the bundle. */
  readonly command: readonly string[];
}

type Case = Pick<AwsCalls, 'identity' | 'pods' | 'objects'>;
type Counted = Pick<AwsCalls, 'cold' | 'warm' | 'refresh'>;

const cases: readonly Case[] = (['IRSA', 'Pod Identity'] as const).flatMap((identity) =>
  [1, 10, 100].flatMap((pods) => [1, 8].map((objects) => ({ identity, pods, objects }))),
);
const refreshIntervalMs = 2_000;
const maxObjects = 8;

export async function measureAwsCalls(options: AwsCallsOptions): Promise<readonly AwsCalls[]> {
  const plain = await measureMode(options, 'off');
  const batched = await measureMode(options, 'auto');
  return cases.map((one, index) => ({
    ...one,
    ...(plain[index] ?? none),
    batchedRefresh: (batched[index] ?? none).refresh,
  }));
}

const none: Counted = { cold: Number.NaN, warm: Number.NaN, refresh: Number.NaN };

async function measureMode(
  { directory, command }: AwsCallsOptions,
  batch: 'off' | 'auto',
): Promise<readonly Counted[]> {
  await using aws = await FakeAws.start();
  for (let index = 0; index < maxObjects; index++) aws.secrets.set('us-east-1', secretName(index), 'value');
  const flags = ['--providers', 'aws', '--provider-dir', directory, '--metrics-address', 'off', '--aws-batch', batch];
  await using provider = startMeasured([...command, 'provider', ...flags], {
    AWS_ENDPOINT_URL: aws.address,
    LOCKSTEP_POD_IDENTITY_AGENT_IPV4: '127.0.0.1',
    LOCKSTEP_POD_IDENTITY_AGENT_PORT: String(aws.server.port),
    NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
  });
  await provider.line(/"msg":"ready"/);
  using driver = connectDriver(join(directory, 'aws.sock'));
  const counted: Counted[] = [];
  // Each case has a service account of its own, so that all begin cold.
  for (const [account, one] of cases.entries()) counted.push(await measureCase(aws, driver, { ...one, account }));
  return counted;
}

async function measureCase(
  aws: FakeAws,
  driver: BenchDriver,
  one: Case & { readonly account: number },
): Promise<Counted> {
  const mounts = Array.from({ length: one.pods }, (_, pod) => toMount(one, pod));
  const round = async (): Promise<number> => {
    const before = aws.requests.length;
    await Promise.all(mounts.map((mount) => driver.mount(mount)));
    return aws.requests.length - before;
  };
  const cold = await round();
  const warm = await round();
  await sleep(refreshIntervalMs + 100);
  return { cold, warm, refresh: await round() };
}

function toMount({ identity, objects, account }: Case & { readonly account: number }, pod: number): BenchMount {
  const token = (audience: string) => [
    audience,
    { token: `${audience} of ${account}`, expirationTimestamp: '2100-01-01T00:00:00Z' },
  ];
  const tokens = Object.fromEntries([irsaAudience, podIdentityAudience].map(token));
  const names = Array.from({ length: objects }, (_, index) => secretName(index));
  return {
    // Pods are told apart by their uid.
    pod: account * 1000 + pod,
    account,
    className: `aws-${account}`,
    objects: names.map((name) => `- objectName: ${name}\n  objectType: secretsmanager\n`).join(''),
    parameters: {
      region: 'us-east-1',
      refreshInterval: `${refreshIntervalMs}ms`,
      ...(identity === 'IRSA' ? { roleArn: 'arn:aws:iam::123456789012:role/bench' } : { usePodIdentity: 'true' }),
      'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(tokens),
    },
  };
}

function secretName(index: number): string {
  return `bench-${index}`;
}

/** The part of the report. The official provider's figures follow from its source: it keeps nothing between two calls. */
export function toAwsCallsSection(calls: readonly AwsCalls[]): string {
  const rows = calls.map(({ identity, pods, objects, cold, warm, refresh, batchedRefresh }) => {
    const official = pods * (1 + objects);
    return `| ${identity} | ${pods} | ${objects} | ${cold} | ${warm} | ${refresh} | ${batchedRefresh} | ${official} |`;
  });
  return `## Calls to AWS (pods of one service account on one node, secrets of Secrets Manager)

Counted on the wire: logins at STS or the agent of Pod Identity, and reads. The official provider 3.1.1 under driver 1.6 logs in and reads every
secret again at every call of the driver (one for each pod and volume every 60 to 90 s), so that its first mounts, republishes and refreshes cost the same;
its column follows from its source. With IRSA it also asks the API server for the service account at every call; lockstep does so every five minutes,
or never where the class names \`roleArn\`. Sessions of Pod Identity carry the name of the pod, so that pods share nothing there.
Batches are held to 50 a second of the account's 100; beyond that secrets are read one by one.

| identity | pods | secrets | first mounts, all at once | republish of each within the interval | republish of each after it | the last, with \`--aws-batch auto\` | official provider, any of these |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
