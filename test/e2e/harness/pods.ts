import type { Stand } from './stand.ts';
import { until } from './until.ts';
import type { Volume } from './volume.ts';

/** A secret, a class of the same name and pods that mount it; nothing of it is cached. */
export async function createPods(
  stand: Stand,
  name: string,
  count: number,
): Promise<{ readonly value: string; readonly volumes: readonly Volume[] }> {
  const value = await stand.putSecret(name);
  const objects = [{ objectName: 'a', secretPath: `secret/data/${name}`, secretKey: 'value' }];
  await stand.putClass(name, objects, { refreshInterval: '0s' });
  const volumes: Volume[] = [];
  for (let pod = 0; pod < count; pod++) volumes.push(await stand.createVolume(name));
  return { value, volumes };
}

/** `mounted`, or the status that the provider answered, or the driver's whole text. */
export async function outcomes(mounts: readonly Promise<void>[]): Promise<readonly string[]> {
  return await Promise.all(
    mounts.map((mount) =>
      mount.then(
        () => 'mounted',
        (error: Error) => ('providerStatus' in error ? String(error.providerStatus) : error.message),
      ),
    ),
  );
}

/** Pods that start and go one after the other, without a break. */
export interface Traffic {
  /** Waits for so many more pods; ends early where one fails. */
  mounted(more: number): Promise<void>;
  /** Answers the failures. */
  stop(): Promise<readonly string[]>;
}

export function startTraffic(stand: Stand, className: string): Traffic {
  const failures: string[] = [];
  let mounted = 0;
  let running = true;
  const loop = (async (): Promise<void> => {
    while (running) {
      const volume = await stand.createVolume(className);
      await volume.publish().then(
        () => mounted++,
        (error: Error) => failures.push(error.message),
      );
      await volume.unpublish();
    }
  })();
  return {
    mounted: async (more) => {
      const goal = mounted + more;
      await until(() => mounted >= goal || failures.length > 0, { what: `${more} more pods to mount` });
    },
    stop: async () => {
      running = false;
      await loop;
      return failures;
    },
  };
}
