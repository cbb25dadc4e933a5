#!/usr/local/bin/node
/**
 * `lockstep` of the image. A daemon becomes `node FLAGS lockstep …` in the same process, so that signals still reach it; the
 * image holds no shell that could do it.
 */
import { nodeFlags } from './node-flags.ts';

const [file = '', command = ''] = process.argv.slice(1);
const flags = nodeFlags[command] ?? [];
if (flags.length > 0 && process.execArgv.length === 0) {
  process.execve?.(process.execPath, [process.execPath, ...flags, file, ...process.argv.slice(2)], process.env);
}
await import('../../src/main.ts');
