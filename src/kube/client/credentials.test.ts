import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { describe, expect } from 'vitest';

import { it, list, seen } from '../../../test/fakes/kube-credentials.ts';
import type { FakeKube } from '../../../test/fakes/kube-server.ts';
import type { TemporaryDirectory } from '../../../test/fakes/temporary-directory.ts';

/** An exec plug-in that answers token-1, token-2, …, and fails while the file `broken` is there. */
function writePlugin(home: TemporaryDirectory): object {
  const script = `
    cd '${home.path}'
    if [ -e broken ]; then echo hidden; exit 1; fi
    echo x >> runs
    n=$(wc -l < runs | tr -d ' ')
    echo '{"kind":"ExecCredential","status":{"token":"token-'$n'"}}'`;
  return { name: 'fake', exec: { command: 'sh', args: ['-c', script] } };
}

describe('a token file', () => {
  function configWithFile(home: TemporaryDirectory, kube: FakeKube) {
    const tokenFile = join(home.path, 'token');
    const write = (token: string): void => writeFileSync(tokenFile, token);
    write('first\n');
    return {
      config: kube.configWith({ authProvider: { name: 'tokenFile', config: { tokenFile } } }),
      tokenFile,
      write,
    };
  }

  it('is read again after a minute', async ({ kube, home, clock, createClient }) => {
    const { config, write } = configWithFile(home, kube);
    const client = createClient(config);
    await list(client);
    write('second');

    await list(client);
    await clock.advance(60_000);
    await list(client);

    expect(seen(kube)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('is read again at once when the API server refuses the token, for all calls together', async ({
    kube,
    home,
    createClient,
  }) => {
    const { config, write } = configWithFile(home, kube);
    const client = createClient(config);
    await list(client);
    write('second');
    kube.accepted = new Set(['Bearer second']);

    await Promise.all([list(client), list(client), list(client)]);
    await list(client);

    expect(seen(kube).filter((value) => value === 'Bearer second')).toHaveLength(4);
    expect(kube.requests).toHaveLength(8);
  });

  it('is not tried twice when it is the same', async ({ kube, home, createClient }) => {
    const client = createClient(configWithFile(home, kube).config);
    kube.accepted = new Set();

    await expect(list(client)).rejects.toMatchObject({
      code: 'KUBE_UNAUTHENTICATED',
      message:
        "list secrets in all namespaces: Unauthorized; check lockstep's own credentials: the kubeconfig or the mounted token",
    });
    expect(kube.requests).toHaveLength(1);
  });

  it('serves on for the moment when it cannot be read', async ({ kube, home, clock, createClient }) => {
    const { config, tokenFile, write } = configWithFile(home, kube);
    const client = createClient(config);
    await list(client);
    rmSync(tokenFile);
    await clock.advance(60_000);
    await list(client);

    write('second');
    await clock.advance(5000);
    await list(client);

    expect(seen(kube)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('must be there at first', async ({ kube, home, createClient }) => {
    const { config, tokenFile } = configWithFile(home, kube);
    rmSync(tokenFile);

    await expect(list(createClient(config))).rejects.toMatchObject({
      code: 'KUBE_UNAUTHENTICATED',
      message: expect.stringContaining('lockstep has no credentials for the API server (ENOENT); check the files'),
    });
  });
});

describe('an exec plug-in', () => {
  it('is run once, and again when the API server refuses its token', async ({ kube, home, clock, createClient }) => {
    const client = createClient(kube.configWith(writePlugin(home)));
    await list(client);
    await clock.advance(600_000);
    await list(client);
    kube.accepted = new Set(['Bearer token-2']);

    await list(client);

    expect(seen(kube)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
  });

  it('is run once for calls that come together', async ({ kube, home, createClient }) => {
    const client = createClient(kube.configWith(writePlugin(home)));

    await Promise.all([list(client), list(client), list(client)]);

    expect(new Set(seen(kube))).toEqual(new Set(['Bearer token-1']));
  });

  it('may fail, and its words stay hidden', async ({ kube, home, createClient }) => {
    writeFileSync(join(home.path, 'broken'), '');

    const failed = await list(createClient(kube.configWith(writePlugin(home)))).catch((error: unknown) => error);

    expect(failed).toMatchObject({ code: 'KUBE_UNAUTHENTICATED' });
    expect(inspect(failed)).not.toContain('hidden');
    expect(kube.requests).toEqual([]);
  });

  it('may answer what cannot be read, which stays hidden', async ({ kube, createClient }) => {
    const exec = { command: 'echo', args: ['hidden'] };

    const failed = await list(createClient(kube.configWith({ exec }))).catch((error: unknown) => error);

    expect(failed).toMatchObject({ code: 'KUBE_UNAUTHENTICATED' });
    expect(inspect(failed)).not.toContain('hidden');
  });
});

describe('other credentials', () => {
  it.for([
    [{ token: 'own' }, 'Bearer own'],
    [{ username: 'a', password: 'b' }, `Basic ${Buffer.from('a:b').toString('base64')}`],
    [{}, undefined],
  ] as const)('are sent as they are: %j', async ([user, expected], { kube, createClient }) => {
    await list(createClient(kube.configWith(user)));

    expect(seen(kube)).toEqual([expected]);
  });

  it('may be of somebody else', async ({ kube, createClient }) => {
    await list(createClient(kube.configWith({ token: 'own', impersonateUser: 'jane' })));

    expect(kube.requests[0]?.headers).toMatchObject({ 'impersonate-user': 'jane' });
  });

  it('are not sent when no header can carry them', async ({ kube, createClient }) => {
    await expect(list(createClient(kube.configWith({ token: 'hid\nden' })))).rejects.toMatchObject({
      code: 'KUBE_UNAUTHENTICATED',
      message: expect.stringContaining('the token has characters that HTTP does not allow'),
    });
    expect(kube.requests).toEqual([]);
  });
});
