import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createPodTokens } from '../../src/dev/pod-tokens.ts';
import { SecretsFile } from '../../src/dev/secrets-file.ts';
import { FakeClock } from './clock.ts';
import { it as base } from './temporary-directory.ts';

/** Whose tokens stores are shown. */
export const identity = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' };

/** A test of an embedded store that serves the file `secretsPath` with the text `secrets`: it is started with `deps`. */
export const it = base
  .extend('secrets', '')
  .extend('secretsPath', async ({ home, secrets }) => {
    const path = join(home, 'secrets.yaml');
    await writeFile(path, secrets);
    return path;
  })
  // The SDK of AWS signs with the time of the machine.
  .extend('clock', () => new FakeClock(Date.now()))
  .extend('tokens', ({ clock }) => createPodTokens(Buffer.alloc(32, 7), clock))
  .extend('deps', ({ clock, secretsPath, tokens }) => {
    const file = SecretsFile.open({ path: secretsPath, clock, onProblem: () => undefined });
    return { file, tokens, clock };
  });
