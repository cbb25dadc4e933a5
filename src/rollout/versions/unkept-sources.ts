import { keyOf } from '../../kube/objects.ts';
import type { Source } from '../source.ts';
import type { Pass } from '../verdict.ts';

/**
 * Those with workloads in Pin, and a Secret whose content is known but kept as no version: the label of the workload came later than
 * the content, or the version was deleted. What could not be kept is none of them: that is tried again by itself.
 */
export function unkeptSources(sources: readonly Source[], { modes, contentOf }: Pass): readonly Source[] {
  return sources.filter(({ key, namespace, secrets }) => {
    const isUnkept = ({ name }: { readonly name: string }): boolean => {
      const content = contentOf(keyOf({ namespace, name }));
      return content?.sync === key && content.versionName === undefined && content.problem === undefined;
    };
    return modes.get(key)?.has('Pin') === true && secrets.some(isUnkept);
  });
}
