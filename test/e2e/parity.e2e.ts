import { join } from 'node:path';

import { expect, it } from 'vitest';

import { serverDir } from '../servers/build.ts';
import { e2e } from './harness/e2e.ts';
import { ServerProcess } from './harness/processes.ts';
import { pythonWith } from './harness/python.ts';

const folder = join(import.meta.dirname, '../parity');

/** Names that the reference leaves to the driver to refuse, and that we refuse ourselves. docs/parity.md has the reasons. */
const deviations = ['name-empty', 'name-escaping-left-to-driver'];

/** Values that the vectors write into Vault, long enough to stand nowhere else. */
const planted = ['p@ss w0rd', 'TUlJQnBhcml0eQ==', '12345678901234567890'];

e2e('Recorded answers of the official Vault provider', 'parity', (stand) => {
  it('are what our socket answers, byte for byte and version for version', { timeout: 600_000 }, async () => {
    const { run, dir, providerDir, versionKey, evidence } = stand();
    for (const value of planted) evidence.mark('a value of the vectors', value);
    const { kubeconfig } = run.cluster;
    await stand().startProvider('--refresh-interval', '0s', '--token-request-fallback', '--kubeconfig', kubeconfig);

    const replay = new ServerProcess({
      runDir: run.runDir,
      command: pythonWith(join(folder, 'requirements.txt')),
      args: [
        join(folder, 'parity.py'),
        'replay',
        '--seed',
        '--errors=refusal',
        `--socket=${join(providerDir, 'vault.sock')}`,
        `--vectors=${join(folder, 'vectors/vault-dev.json')}`,
      ],
      env: {
        PATH: `${serverDir('kubernetes')}:${process.env['PATH']}`,
        PYTHONDONTWRITEBYTECODE: '1',
        VAULT_ADDR: run.vault.address,
        VAULT_TOKEN: run.vault.token,
        KUBECONFIG: kubeconfig,
        PARITY_HMAC_KEY_B64: versionKey.toString('base64'),
        PARITY_TMP: dir,
      },
      log: join(dir, 'parity.log'),
    });
    await replay.exited;

    const lines = replay.output().trimEnd().split('\n');
    const failures = lines.filter((line) => line.startsWith('FAIL '));
    expect(failures.filter((line) => !deviations.includes(nameOf(line)))).toEqual([]);
    expect([...new Set(failures.map(nameOf))].toSorted()).toEqual(deviations);
    expect(lines.filter((line) => line.startsWith('skip '))).toEqual([]);
    expect(lines.slice(-5).join('\n')).toMatch(/^\d{3} passed, \d+ failed$/m);
  });
});

/** `FAIL NAME: difference`. */
function nameOf(line: string): string {
  return line.split(/[ :]/)[1] ?? '';
}
