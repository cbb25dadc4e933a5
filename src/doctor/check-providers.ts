import type { KubeObject } from '../kube/objects.ts';
import { type Container, containersOf, flagOf } from './containers.ts';
import { describeObject } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { isForeignProvider, ownProviderOf, providersOf, socketOf } from './programs.ts';
import type { Sight } from './sight.ts';

/** Other providers on the nodes, and whether lockstep wants the same sockets. */
export function checkProviders(sight: Sight): readonly DoctorFinding[] {
  const daemonSets = sight.objects('daemonSets');
  const own = daemonSets.flatMap((each) => {
    const container = ownProviderOf(each);
    return container === undefined ? [] : [{ object: describeObject('DaemonSet', each), container }];
  });
  const foreign = daemonSets.filter(isForeignProvider);
  return foreign.flatMap((each) => {
    const name = socketOf(each);
    const contested = own.filter(({ container }) => name !== undefined && providersOf(container).includes(name));
    if (name === undefined || contested.length === 0) return [toForeign(each, name)];
    return contested.map(({ object, container }) => toContested(each, { name, object, container }));
  });
}

function toForeign(daemonSet: KubeObject, name: string | undefined): DoctorFinding {
  const serves = name === undefined ? 'serves sockets of its own' : `serves ${name}.sock`;
  const canary = name === 'vault' || name === 'openbao' || name === 'aws' ? name : undefined;
  return {
    severity: 'info',
    id: 'provider-foreign',
    object: describeObject('DaemonSet', daemonSet),
    reason: `another provider (${imagesOf(daemonSet)}) ${serves}`,
    remedy:
      canary === undefined
        ? 'nothing: lockstep serves other sockets'
        : `run lockstep beside it with --providers lockstep-${canary}, move class by class (provider: lockstep-${canary}), then the node`,
  };
}

interface Contested {
  readonly name: string;
  readonly object: string;
  readonly container: Container;
}

function toContested(daemonSet: KubeObject, { name, object, container }: Contested): DoctorFinding {
  const takesOver = flagOf(container, 'takeover') === 'true';
  const what = takesOver
    ? 'both take it over from each other at every restart'
    : 'the start of lockstep is refused (SOCKET_IN_USE)';
  return {
    severity: 'error',
    id: 'socket-contested',
    object,
    reason: `wants ${name}.sock, which ${describeObject('DaemonSet', daemonSet)} serves too: ${what}`,
    remedy: takesOver
      ? `remove ${describeObject('DaemonSet', daemonSet)} now that lockstep serves its classes`
      : `leave ${name} out of --providers until all classes are moved, then start with --takeover and remove the other`,
  };
}

function imagesOf(daemonSet: KubeObject): string {
  return containersOf(daemonSet)
    .map(({ image }) => image)
    .join(', ');
}
