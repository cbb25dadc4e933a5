import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import { FakeKube } from '../../test/fakes/kube-server.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../test/fakes/temporary-directory.ts';
import { resources } from '../kube/objects.ts';
import { runProgram } from './program.ts';
import { createRemoveSocketsCommand } from './remove-sockets.ts';
import { createVersionKeyCommand } from './version-key.ts';

const namespace = 'lockstep-system';
let kube: FakeKube;
let home: TemporaryDirectory;

beforeEach(async () => {
  kube = await FakeKube.start();
  home = createTemporaryDirectory();
  const config = {
    clusters: [{ name: 'fake', cluster: { server: kube.listener.address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'fake', user: { token: 'own-token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  };
  // JSON is YAML.
  writeFileSync(join(home.path, 'config'), JSON.stringify(config));
});

afterEach(async () => {
  await kube[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

function start(...argv: readonly string[]) {
  const host = new FakeHost({ env: { POD_NAMESPACE: namespace, LOCKSTEP_KUBECONFIG: join(home.path, 'config') } });
  const commands = {
    'version-key': { summary: 'Make', load: async () => createVersionKeyCommand() },
    'remove-sockets': { summary: 'Remove', load: async () => createRemoveSocketsCommand() },
  };
  return { host, code: runProgram(argv, { commands, version: '0', host }) };
}

async function run(...argv: readonly string[]) {
  const { host, code } = start(...argv);
  return { code: await code, out: host.outText, err: host.errText };
}

describe('lockstep version-key', () => {
  it('makes the key once, in the namespace of the pod', async () => {
    const done = { code: 0, out: `the version key is in Secret ${namespace}/lockstep-version-key\n`, err: '' };

    expect(await run('version-key')).toEqual(done);
    const made = kube.get(resources.secrets, namespace, 'lockstep-version-key');
    expect(await run('version-key')).toEqual(done);

    expect(made).toMatchObject({ immutable: true, data: { key: expect.stringMatching(/^[\w+/]{43}=$/) } });
    expect(kube.get(resources.secrets, namespace, 'lockstep-version-key')).toEqual(made);
  });

  it('leaves one alone that is no key, and says what to do', async () => {
    const data = { key: Buffer.from('short').toString('base64') };
    kube.put(resources.secrets, { metadata: { namespace, name: 'mine' }, data });

    const { code, err } = await run('version-key', '--version-key-secret', 'mine');

    expect(code).toBe(1);
    expect(err).toContain(`Secret ${namespace}/mine`);
    expect(err).not.toContain('short');
    expect(kube.get(resources.secrets, namespace, 'mine')).toMatchObject({ data });
  });

  it('names the permission that is missing', async () => {
    kube.forbid({ verb: 'create', plural: 'secrets' });

    expect((await run('version-key')).err).toContain('create');
  });
});

describe('lockstep remove-sockets', () => {
  it('says what it removed', async () => {
    // The socket of a process that has ended is a file like this one to everybody but the kernel.
    writeFileSync(join(home.path, 'vault.sock'), '');

    const { code, out } = await run('remove-sockets', '--provider-dir', home.path, '--providers', 'vault,aws');

    expect({ code, out }).toEqual({ code: 0, out: `not ours, left alone: ${join(home.path, 'vault.sock')}\n` });
    expect(readdirSync(home.path)).toContain('vault.sock');
  });

  it('says where it looked in vain', async () => {
    const { code, err } = await run('remove-sockets', '--provider-dir', join(home.path, 'missing'));

    expect(code).toBe(1);
    expect(err).toContain('/missing cannot be removed (ENOENT); check --provider-dir');
  });

  it('waits until the pods of a DaemonSet are ready on every node', async () => {
    const name = 'cleaner';
    const put = (numberReady: number, observedGeneration = 1): void => {
      const status = { desiredNumberScheduled: 3, numberReady, observedGeneration };
      kube.put(resources.daemonSets, { metadata: { namespace, name }, spec: {}, status });
    };
    put(3, 0);
    const { host, code } = start('remove-sockets', '--wait-for', name);
    await expect.poll(() => host.outText).toBe('all nodes to go\n');

    put(2);
    await expect.poll(() => host.outText, { timeout: 5000 }).toContain('1 nodes to go\n');
    put(3);

    expect(await code).toBe(0);
  });

  it('does not wait for a DaemonSet that is not there', async () => {
    const { code, err } = await run('remove-sockets', '--wait-for', 'cleaner');

    expect({ code, err }).toEqual({
      code: 1,
      err: `lockstep: --wait-for cleaner: there is no DaemonSet ${namespace}/cleaner\n`,
    });
  });
});
