import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import type { Caller } from '../core/caller.ts';
import { storeName } from '../core/object-ref.ts';
import type { StoreDefaults, VaultDefaults } from '../core/store-defaults.ts';
import { type ProviderName } from '../core/provider-names.ts';
import { createDialects } from './dialect.ts';

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault: VaultDefaults = { address: 'https://vault:8200', namespace: 'own', authMount: 'kubernetes', tls };
const openbao: VaultDefaults = { ...vault, address: 'https://bao:8200' };
const defaults: StoreDefaults = { vault, openbao, aws: awsDefaults };
const objects = '- objectName: a\n  secretPath: kv/a\n- objectName: b\n  secretPath: kv/b\n';

function callerOf(name: string): Caller {
  return {
    kind: 'pod',
    namespace: 'ns',
    serviceAccount: 'sa',
    pod: { name, uid: name },
    tokens: new Map(),
    secrets: new Map(),
  };
}

describe('createDialects', () => {
  const parameters = (more: Readonly<Record<string, string>> = {}) =>
    new Map(Object.entries({ roleName: 'app', objects, 'csi.storage.k8s.io/pod.name': 'p', ...more }));

  it('parses a class once for all pods, and gives each its own caller', () => {
    const dialects = createDialects({ cacheSize: 10 });
    const first = dialects.vault({ parameters: parameters(), caller: callerOf('a'), defaultMode: 420 }, defaults);
    const second = dialects.vault(
      { parameters: parameters({ 'csi.storage.k8s.io/pod.name': 'q' }), caller: callerOf('b'), defaultMode: 420 },
      defaults,
    );
    if (!first.ok || !second.ok) throw new Error('refused');
    expect(second.value.objects).toBe(first.value.objects);
    expect([first.value.caller, second.value.caller]).toEqual([callerOf('a'), callerOf('b')]);
  });

  it.for([
    [{ parameters: parameters({ roleName: 'other' }) }, defaults],
    [{ defaultMode: 0o600 }, defaults],
    [{}, { ...defaults, vault: { ...vault, namespace: 'x' } }],
  ] as const)('parses again when something else is asked: %j', ([input, otherDefaults]) => {
    const dialects = createDialects({ cacheSize: 10 });
    const asked = { parameters: parameters(), caller: callerOf('a'), defaultMode: 420 };
    const first = dialects.vault(asked, defaults);
    const second = dialects.vault({ ...asked, ...input }, otherDefaults);
    if (!first.ok || !second.ok) throw new Error('refused');
    expect(second.value.objects).not.toEqual(first.value.objects);
    expect(dialects.vault(asked, defaults)).toEqual(first);
  });

  it('keeps the flavours apart', () => {
    const dialects = createDialects({ cacheSize: 10 });
    const asked = { parameters: parameters(), caller: callerOf('a'), defaultMode: 420 };
    const providers: readonly ProviderName[] = ['vault', 'openbao', 'lockstep-vault', 'lockstep-openbao'];
    const addresses = providers.map((name) => {
      const parsed = dialects[name](asked, defaults);
      const [object] = parsed.ok ? parsed.value.objects : [];
      return object && storeName(object.ref);
    });
    expect(addresses).toEqual([vault.address, openbao.address, vault.address, openbao.address]);
  });

  it('remembers refusals too, and forgets the oldest', () => {
    const dialects = createDialects({ cacheSize: 2 });
    const ask = (role: string) =>
      dialects.vault(
        { parameters: parameters({ roleName: role, objects: '[]' }), caller: callerOf('a'), defaultMode: 420 },
        defaults,
      );
    const first = ask('1');
    expect(ask('1')).toBe(first);
    ask('2');
    ask('3');
    expect(ask('1')).not.toBe(first);
    expect(ask('1')).toEqual(first);
  });
});
