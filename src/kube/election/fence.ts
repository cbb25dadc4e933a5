import { SecretError } from '../../core/errors.ts';
import type { ApiClient, CallOptions } from '../client/api-client.ts';
import type { Election } from './election.ts';
import { keyOf, type Resource } from '../objects.ts';

/** What is about to be written, for messages. */
interface Write {
  readonly verb: string;
  readonly resource: Resource;
  readonly name: { readonly namespace?: string | undefined; readonly name: string };
}

/**
 * The client of a replica that writes only while it leads: each write looks at the lease right before it is sent, and is
 * aborted when the term ends; either way it throws NOT_LEADER. Requests for tokens count as writes. Reads pass.
 */
export function fence(client: ApiClient, election: Pick<Election, 'holds' | 'onTerm'>): ApiClient {
  let term: AbortSignal | undefined;
  election.onTerm((next) => (term = next));

  const guard = async <O extends CallOptions, T>(
    write: Write,
    options: O,
    send: (options: O) => Promise<T>,
  ): Promise<T> => {
    options.signal.throwIfAborted();
    if (!term || !election.holds()) throw notLeader(write);
    return await send({ ...options, signal: AbortSignal.any([options.signal, term]) });
  };

  return {
    get: (...call) => client.get(...call),
    list: (...call) => client.list(...call),
    watch: (...call) => client.watch(...call),
    apply: (resource, object, options) =>
      guard({ verb: 'apply', resource, name: object.metadata }, options, (own) => client.apply(resource, object, own)),
    create: (resource, object, options) =>
      guard({ verb: 'create', resource, name: object.metadata }, options, (own) =>
        client.create(resource, object, own),
      ),
    update: (resource, object, options) =>
      guard({ verb: 'update', resource, name: object.metadata }, options, (own) =>
        client.update(resource, object, own),
      ),
    patch: (resource, name, patch, options) =>
      guard({ verb: 'patch', resource, name }, options, (own) => client.patch(resource, name, patch, own)),
    delete: (resource, name, options) =>
      guard({ verb: 'delete', resource, name }, options, (own) => client.delete(resource, name, own)),
    createSubresource: (resource, name, subresource, options) =>
      guard({ verb: `create ${subresource} of`, resource, name }, options, (own) =>
        client.createSubresource(resource, name, subresource, own),
      ),
    close: () => client.close(),
  };
}

function notLeader({ verb, resource, name }: Write): SecretError {
  const what = `${verb} ${resource.plural} ${keyOf(name)}`;
  return new SecretError('NOT_LEADER', `${what}: not sent, because this replica does not lead; the leader goes on`);
}
