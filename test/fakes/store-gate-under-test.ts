import { StoreGate } from '../../src/controller/store-gate.ts';
import { SecretError } from '../../src/core/errors.ts';
import { FakeClock } from './clock.ts';

export const outage = new SecretError('VAULT_UNREACHABLE', 'no connection');

/** A gate whose pauses are the shortest possible; who was handed back. */
export function createStoreGateUnderTest(random: () => number = () => 0) {
  const clock = new FakeClock();
  const opened: (readonly string[])[] = [];
  const gate = new StoreGate({ clock, random, onOpen: (objects) => void opened.push(objects) });
  return { gate, clock, opened };
}

/** The object finds the store out. */
export function closeGate(gate: StoreGate, key: string, object: string): number | undefined {
  gate.enter([key], object);
  return gate.report(key, object, outage);
}
