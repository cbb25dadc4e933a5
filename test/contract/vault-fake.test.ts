import { createVaultBackend } from '../../src/backends/vault/backend.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { EagerClock, podCaller, vaultRef } from '../fakes/vault-callers.ts';
import { FakeVault } from '../fakes/vault-server.ts';
import { describeBackendContract } from './backend-contract.ts';

describeBackendContract('the fake Vault', async () => {
  const vault = await FakeVault.start();
  vault.secrets.set('kv/a', { password: 'canary-of-a' });
  vault.secrets.set('kv/b', { password: 'canary-of-b' });
  vault.denied.add('kv/denied');
  vault.engines.set('database/creds/app', { ttlS: 3600, renewable: true });
  vault.grant = { metadata: { service_account_namespace: 'shop', service_account_name: 'app' } };
  const backend = createVaultBackend({
    clock: new EagerClock(),
    logger: createLogger({ level: 'error', format: 'json' }),
    metrics: createMetrics(),
    policy: { forbidSkipVerify: false, defaults: [] },
  });
  return {
    backend,
    callers: [podCaller('one'), podCaller('two')],
    present: [vaultRef(vault.address, 'kv/a'), vaultRef(vault.address, 'kv/b')],
    absent: vaultRef(vault.address, 'kv/absent'),
    denied: vaultRef(vault.address, 'kv/denied'),
    leased: [vaultRef(vault.address, 'database/creds/app')],
    unreachable: vaultRef('http://127.0.0.1:1', 'kv/a'),
    codes: { absent: 'VAULT_NOT_FOUND', denied: 'VAULT_DENIED', unreachable: 'VAULT_UNREACHABLE' },
    async close() {
      await backend.close();
      await vault[Symbol.asyncDispose]();
    },
  };
});
