import { setTimeout as sleep } from 'node:timers/promises';

/** For `expect.poll`: what happens at once has happened by then, what waits for a refresh has not. */
export const soon = { timeout: 5_000, interval: 50 };

/** Waits until the condition holds, looking every 50 ms unless told otherwise; throws `waited … for what` at the end of the time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  options: { readonly what: string; readonly timeoutMs?: number; readonly intervalMs?: number },
): Promise<void> {
  const { timeoutMs = 30_000, intervalMs = 50 } = options;
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${options.what}`);
    await sleep(intervalMs);
  }
}
