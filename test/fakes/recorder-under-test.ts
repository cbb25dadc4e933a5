import type { EventDetails, ObjectReference } from '../../src/kube/events/event-series.ts';
import { createEventRecorder } from '../../src/kube/events/events.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { FakeClock } from './clock.ts';
import { ScriptedKubeWrites } from './scripted-kube-writes.ts';

export const synced: EventDetails = {
  type: 'Normal',
  reason: 'SecretSynced',
  action: 'Sync',
  note: 'Secret db is current',
};
export const failed: EventDetails = { type: 'Warning', reason: 'VaultDenied', action: 'Sync', note: 'no' };

/** A SecretProviderClassSync of the namespace `shop`. */
export function syncReference(name: string): ObjectReference {
  const kind = 'SecretProviderClassSync';
  return { apiVersion: 'lockstep.dev/v1alpha1', kind, namespace: 'shop', name, uid: `uid-of-${name}` };
}

/** The recorder, not started, with fake time and an API server to look at. */
export function createRecorderUnderTest() {
  const clock = new FakeClock();
  const client = new ScriptedKubeWrites();
  const log: string[] = [];
  const logger = createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) });
  let random = 0;
  const recorder = createEventRecorder({
    client,
    clock,
    logger,
    instance: 'one',
    random: () => (random += 2 ** -20),
  });
  return {
    recorder,
    clock,
    client,
    log,
    /** Lines of this level. */
    logged: (level: string) => log.filter((line) => line.includes(`"level":"${level}"`)),
    /** `create`, `patch`, … in order. */
    verbs: () => client.asked.map((what) => what.split(' ')[0]),
    record: (name: string, details: EventDetails) => recorder.record(syncReference(name), details),
    /** Lets what can be written be written: it takes no time of the clock. */
    async settle(): Promise<void> {
      for (let before = -1; before !== client.calls.length;) {
        before = client.calls.length;
        await clock.advance(0);
      }
    },
  };
}
