import { joinWithin } from '../core/clip.ts';
import { SecretError, toSecretError } from '../core/errors.ts';
import { storeName } from '../core/object-ref.ts';
import type { ResolvedObject } from '../core/plan.ts';
import type { Resolver } from '../core/resolver.ts';
import type { Clock } from '../platform/clock.ts';
import { createDeadline } from '../platform/deadline.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { Admission } from './admission.ts';
import type { Deliveries } from './deliveries.ts';
import { requireAll } from './mount-failure.ts';
import type { MountRecord, MountReport } from './mount-report.ts';
import type { OpenCall } from './open-call.ts';
import type { Prepare, PreparedMount } from './prepare.ts';
import { encodeEmptyReply, encodeReply } from './response.ts';

export interface MountDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  readonly prepare: Prepare;
  readonly resolver: Resolver;
  readonly admission: Admission;
  readonly deliveries: Deliveries;
  readonly report: MountReport;
}

/** A Mount call as it came in. */
export interface IncomingMount {
  readonly provider: ProviderName;
  /** An encoded MountRequest. */
  readonly bytes: Buffer;
  readonly call: Pick<OpenCall, 'signal' | 'arrivedAtMs' | 'answerAtMs' | 'hold'>;
}

/** The use case behind the rpc: an encoded request becomes an encoded reply. Rejects with a SecretError. */
export type Mount = (incoming: IncomingMount) => Promise<Buffer>;

export function createMount(deps: MountDeps): Mount {
  return async (incoming) => {
    const record = deps.report.begin(incoming.provider, incoming.call.arrivedAtMs);
    try {
      return await mount(deps, incoming, record);
    } catch (thrown) {
      const error = toSecretError(thrown);
      record.failed(error);
      throw error;
    }
  };
}

async function mount(deps: MountDeps, { provider, bytes, call }: IncomingMount, record: MountRecord): Promise<Buffer> {
  const prepared = deps.prepare(provider, bytes, record.identify);
  using _place = await during(waiting, deps.admission.enter(prepared.pod, call.signal));
  const objects = await during(reading(prepared), resolveAll(deps, prepared, call));
  const isEmpty = prepared.plan.objects.length === 0;
  const reply = isEmpty ? encodeEmptyReply() : encodeReply(objects, prepared.input.defaultMode);
  call.hold(reply.byteLength);
  record.served(objects, deps.deliveries.record(prepared.volume, objects));
  return reply;
}

/** A little before the end the resolver has to answer with what there is; one that overlooks that does not hold us up. */
async function resolveAll(
  { clock, deliveries, resolver }: MountDeps,
  { plan, volume }: PreparedMount,
  { signal, answerAtMs }: IncomingMount['call'],
): Promise<readonly ResolvedObject[]> {
  using waiting = createDeadline({ clock, atMs: answerAtMs, parents: [signal] });
  const resolving = resolver.resolve(plan, { signal: waiting.signal, delivery: deliveries.kindOf(volume) });
  const { objects, failures } = await untilAborted(resolving, signal);
  requireAll(failures);
  return objects;
}

/** When time runs out, the message says what it was spent on. */
async function during<T>(work: () => string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof SecretError) || error.code !== 'MOUNT_DEADLINE') throw error;
    throw new SecretError(error.code, `${error.message}; it waited for ${work()}`, { cause: error });
  }
}

function waiting(): string {
  return 'its turn';
}

function reading({ plan }: PreparedMount): () => string {
  const maxNamesBytes = 500;
  const maxStoresBytes = 300;
  return () => {
    const names = plan.objects.map(({ name }) => JSON.stringify(name));
    const stores = [...new Set(plan.objects.map(({ ref }) => storeName(ref)))];
    const remedy = 'check that it is reachable from the node and not overloaded';
    return `${joinWithin(names, maxNamesBytes)} from ${joinWithin(stores, maxStoresBytes)}; ${remedy}`;
  };
}
