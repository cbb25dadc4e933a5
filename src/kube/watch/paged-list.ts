import { SecretError } from '../../core/errors.ts';
import { untilAborted } from '../../platform/until-aborted.ts';
import type { ApiReader } from '../client/api-client.ts';
import type { KubeList, KubeObject } from '../objects.ts';
import { type Scope, toScopeText } from './scope.ts';

export interface PagedListOptions {
  readonly signal: AbortSignal;
  /** Called page by page, so that no more than one page is in memory. */
  readonly onPage: (items: readonly KubeObject[]) => void;
}

const pageSize = 500;

/**
 * Lists everything in the scope and answers the version from which a watch goes on. Throws what the client throws;
 * KUBE_GONE in the middle means that the pages before are of no use; KUBE_ANSWER_INVALID for what is no list or never ends.
 */
export async function listPages(
  client: Pick<ApiReader, 'list'>,
  scope: Scope,
  { signal, onPage }: PagedListOptions,
): Promise<string> {
  let version: string | undefined;
  let token: string | undefined;
  for (;;) {
    const page = await untilAborted(client.list(scope.resource, toOptions(scope, token, signal)), signal);
    const pageVersion = toVersion(page, scope);
    // All pages are of one snapshot; should they not be, the first version is the one after which nothing is missed.
    version ??= pageVersion;
    onPage(toItems(page));
    const next = page.metadata.continue;
    if (next === undefined || next === '') return version;
    if (next === token) throw createInvalidError(scope, 'the list does not end: it repeats its continue token');
    token = next;
  }
}

/** The version is left open: the API server then answers what is true now and not what some cache had. */
function toOptions(
  { namespace, labelSelector, metadataOnly }: Scope,
  token: string | undefined,
  signal: AbortSignal,
): Parameters<ApiReader['list']>[1] {
  const page = token === undefined ? {} : { continue: token };
  return { namespace, labelSelector, metadataOnly, limit: pageSize, signal, ...page };
}

/** Whatever is no list must not pass for an empty one: everything known would be taken for deleted. */
function toVersion(page: KubeList, scope: Scope): string {
  const version: unknown = page.metadata?.resourceVersion;
  if (typeof version === 'string' && version !== '') return version;
  throw createInvalidError(scope, 'a list without a resourceVersion');
}

/** An empty list of metadata only has `items: null`. */
function toItems(page: KubeList): readonly KubeObject[] {
  return page.items ?? [];
}

function createInvalidError(scope: Scope, reason: string): SecretError {
  return new SecretError(
    'KUBE_ANSWER_INVALID',
    `cannot list ${toScopeText(scope)}: ${reason}; check that the address is the API server's`,
  );
}
