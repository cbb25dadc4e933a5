import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type FakeProvider, startFakeProvider } from '../../test/fakes/provider.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { runSession, type SessionDeps, type SessionOptions } from './session.ts';
import type { ProviderClass } from './volumes.ts';

const secrets = 'secret: { shop: { password: first-value } }\n';
const shop: ProviderClass = { name: 'shop', namespace: 'default', provider: 'vault', parameters: new Map() };

let directory: string;
let options: SessionOptions;
let printed: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-session-'));
  const secretsPath = join(directory, 'secrets.yaml');
  await writeFile(secretsPath, secrets);
  options = { classes: [shop], store: { kind: 'embedded', secretsPath }, once: true, reveal: false };
  printed = '';
});
afterEach(() => rm(directory, { recursive: true }));

/** Time that passes by sleeping alone. */
function createImpatientClock(): Clock {
  let now = Date.UTC(2026, 0, 1);
  return {
    ...systemClock,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

/** A provider that answers one value, or what the copied secrets file says. */
function createDeps(answer: (file: string) => string, clock: Clock): SessionDeps {
  return {
    clock,
    temporaryRoot: directory,
    write: (text) => {
      printed += text;
    },
    colours: false,
    stop: new AbortController().signal,
    async startProvider({ providerDir }) {
      const file = await readFile(join(providerDir, '../secrets.yaml'), 'utf8');
      const provider = await startFakeProvider(providerDir, 'vault', { password: answer(file) });
      return { names: ['vault'], stop: provider.stop };
    },
  };
}

describe('a session that ends by itself', () => {
  it('says so when the rotation does not arrive, and leaves nothing behind', async () => {
    const done = await runSession(
      options,
      createDeps(() => 'first-value', createImpatientClock()),
    );

    expect(done).toBe(false);
    expect(printed).toContain('! the new value is not mounted 15000 ms after the edit');
    expect(await readFile(join(directory, 'secrets.yaml'), 'utf8')).toBe(secrets);
    expect(await readdir(directory)).toEqual(['secrets.yaml']);
  });

  it('says so when no mounted file shows a value of the secrets file', async () => {
    expect(
      await runSession(
        options,
        createDeps(() => 'something else', createImpatientClock()),
      ),
    ).toBe(false);
    expect(printed).toContain('! no mounted file holds a value of the secrets file');
  });

  it('prints why a volume could not be mounted', async () => {
    const classes = [{ ...shop, provider: 'aws' }, shop];
    const deps = createDeps(() => 'something else', createImpatientClock());

    expect(await runSession({ ...options, classes }, deps)).toBe(false);
    expect(printed).toContain('! provider not found: provider "aws"');
  });

  it('prints values masked', async () => {
    await runSession(
      options,
      createDeps(() => 'first-value', createImpatientClock()),
    );

    expect(printed).toContain('fi***');
    expect(printed).not.toContain('first-value');
  });

  it('does not start without its secrets file', async () => {
    await rm(join(directory, 'secrets.yaml'));
    const run = runSession(
      options,
      createDeps(() => '', systemClock),
    );

    await expect(run).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a session that goes on', () => {
  it('prints every change and each trouble once, until it is stopped', async () => {
    const stop = new AbortController();
    let provider: FakeProvider | undefined;
    const answer = (next: FakeProvider['answer']): void => {
      if (provider) provider.answer = next;
    };
    const refusal = { code: status.PERMISSION_DENIED, details: 'not allowed' };
    const rounds = [
      (): void => answer(refusal),
      (): void => undefined,
      (): void => answer({ password: 'second-value' }),
      (): void => undefined,
      (): void => stop.abort(),
    ];
    const clock: Clock = { ...systemClock, sleep: async () => rounds.shift()?.() };
    const deps = createDeps(() => '', clock);

    const done = await runSession(
      { ...options, once: false, reveal: true },
      {
        ...deps,
        stop: stop.signal,
        async startProvider({ providerDir }) {
          provider = await startFakeProvider(providerDir, 'vault', { password: 'first-value' });
          return { names: ['vault'], stop: provider.stop };
        },
      },
    );

    expect(done).toBe(true);
    expect(printed).toContain(`Edit this file to see a rotation: ${join(directory, 'secrets.yaml')}`);
    expect(printed.match(/PERMISSION_DENIED: not allowed/g)).toHaveLength(1);
    expect(printed.match(/mounted again/g)).toHaveLength(1);
    expect(printed.match(/password {2}first-value → second-value/g)).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['secrets.yaml']);
  });

  it('enters a real Vault with the token that it was given, through the Secret of the pod', async () => {
    const stop = new AbortController();
    const clock: Clock = { ...systemClock, sleep: async () => stop.abort() };
    let provider: FakeProvider | undefined;

    await runSession(
      { ...options, once: false, store: { kind: 'vault', address: 'http://127.0.0.1:1', token: 'hvs.mine' } },
      {
        ...createDeps(() => '', clock),
        stop: stop.signal,
        async startProvider({ providerDir, stores }) {
          expect(stores).toEqual({ vault: 'http://127.0.0.1:1', aws: undefined });
          provider = await startFakeProvider(providerDir, 'vault', { password: 'first-value' });
          return { names: ['vault'], stop: provider.stop };
        },
      },
    );

    expect(provider?.requests[0]?.secrets).toBe('{"token":"hvs.mine"}');
    expect(JSON.parse(provider?.requests[0]?.attributes ?? '{}')).toMatchObject({ vaultAuthMethod: 'token' });
    expect(printed).not.toContain('hvs.mine');
    expect(printed).not.toContain('Edit this file');
  });
});
