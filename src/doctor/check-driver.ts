import { parseGoDuration } from '../core/duration.ts';
import type { KubeObject } from '../kube/objects.ts';
import { type Container, flagOf, tagOf } from './containers.ts';
import { describeObject, specOf } from './describe.ts';
import { type DoctorFinding, theCluster } from './finding.ts';
import { driverOf } from './programs.ts';
import type { Sight } from './sight.ts';

export const csiDriverName = 'secrets-store.csi.k8s.io';

interface Driver {
  readonly container: Container;
  /** `DaemonSet kube-system/csi-secrets-store`. */
  readonly object: string;
  /** `[1, 6]`; undefined: its image does not say. */
  readonly version: readonly [major: number, minor: number] | undefined;
  readonly csiDriver: KubeObject | undefined;
}

/** The Secrets Store CSI driver: its version, and settings that leave volumes empty or old. */
export function checkDriver(sight: Sight): readonly DoctorFinding[] {
  const csiDriver = findCsiDriver(sight);
  const drivers = sight.objects('daemonSets').flatMap((daemonSet): readonly Driver[] => {
    const container = driverOf(daemonSet);
    if (container === undefined) return [];
    return [
      { container, object: describeObject('DaemonSet', daemonSet), version: toVersion(tagOf(container)), csiDriver },
    ];
  });
  if (drivers.length === 0) return checkPresence(sight, csiDriver);
  return drivers.flatMap((driver) => [...checkVersion(driver), ...checkRotation(driver)]);
}

export function findCsiDriver(sight: Sight): KubeObject | undefined {
  return sight.objects('csiDrivers').find(({ metadata }) => metadata.name === csiDriverName);
}

function checkPresence(sight: Sight, csiDriver: KubeObject | undefined): readonly DoctorFinding[] {
  if (!sight.isKnown('daemonSets') || !sight.isKnown('csiDrivers')) return [];
  const what = csiDriver === undefined ? `no CSIDriver ${csiDriverName}` : 'no DaemonSet that runs it';
  return [
    {
      severity: 'warning',
      id: 'driver-missing',
      object: theCluster,
      reason: `the Secrets Store CSI driver was not found: ${what}`,
      remedy: 'install it for pods that mount; SecretProviderClassSyncs need its CRDs only',
    },
  ];
}

function toVersion(tag: string): Driver['version'] {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(tag) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

function isBefore(
  [major, minor]: readonly [number, number],
  [otherMajor, otherMinor]: readonly [number, number],
): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

function checkVersion({ container, object, version }: Driver): readonly DoctorFinding[] {
  if (version === undefined) {
    const reason = `the image ${container.image || '(none)'} does not say which version of the driver it is`;
    return [
      { severity: 'info', id: 'driver-version-unknown', object, reason, remedy: 'check that it is 1.5 or newer' },
    ];
  }
  if (!isBefore(version, [1, 6])) return [];
  return [
    {
      severity: 'warning',
      id: 'driver-old',
      object,
      reason: `the driver is ${tagOf(container)}: it rotates volume after volume by itself, and forgets the volumeAttributes of pods then`,
      remedy: 'update it to 1.6 or newer, where kubelet rotates; lockstep serves both',
    },
  ];
}

/** Beyond it kubelet can take a first mount that ran into its own two minutes for a success. */
const maxPollMs = 120_000;

function checkRotation({ container, object, version, csiDriver }: Driver): readonly DoctorFinding[] {
  if (flagOf(container, 'enable-secret-rotation') !== 'true') {
    return [
      {
        severity: 'warning',
        id: 'rotation-off',
        object,
        reason: 'secret rotation is off: files of running pods never change',
        remedy: 'set --enable-secret-rotation=true (enableSecretRotation of its chart)',
      },
    ];
  }
  const findings: DoctorFinding[] = [];
  const interval = flagOf(container, 'rotation-poll-interval');
  const intervalMs = interval === undefined ? undefined : parseGoDuration(interval);
  const hasNewRotation = version === undefined || !isBefore(version, [1, 6]);
  if (intervalMs !== undefined && intervalMs > maxPollMs && hasNewRotation) {
    findings.push({
      severity: 'error',
      id: 'rotation-poll-interval',
      object,
      reason: `--rotation-poll-interval is ${interval}: a first mount that takes two minutes can start its pod with an empty volume, for good`,
      remedy:
        'set it to 2m or less (rotationPollInterval of its chart), or mountPropagation: HostToContainer on the volume mounts',
    });
  }
  if (hasNewRotation && csiDriver !== undefined && specOf(csiDriver)['requiresRepublish'] !== true) {
    findings.push({
      severity: version === undefined ? 'warning' : 'error',
      id: 'republish-off',
      object: `CSIDriver ${csiDriverName}`,
      reason: 'requiresRepublish is not true, so that kubelet never asks again and files of running pods never change',
      remedy: 'set spec.requiresRepublish: true, as the chart of the driver does with enableSecretRotation',
    });
  }
  return findings;
}
