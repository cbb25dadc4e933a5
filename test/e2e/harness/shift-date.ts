/**
 * Loaded into a daemon before everything else (`node --import`): its date is off by as many milliseconds as a file says.
 * Nobody else can do that to one process alone. Does nothing where no file is named.
 */
import { readFileSync } from 'node:fs';

export const shiftVariable = 'LOCKSTEP_E2E_DATE_SHIFT';

const file = process.env[shiftVariable];
if (file !== undefined) shiftDate(file);

function shiftDate(path: string): void {
  const TrueDate = Date;
  const now = (): number => TrueDate.now() + Number(readFileSync(path, 'utf8'));
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, input, newTarget) =>
      Reflect.construct(target, input.length === 0 ? [now()] : input, newTarget) as object,
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  });
}
