import { writeFileSync } from 'node:fs';

export interface KubeconfigOptions {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  /** Of the context. */
  readonly namespace?: string;
}

/** Writes a kubeconfig; JSON is YAML. */
export function writeKubeconfig(path: string, { server, ca, token, namespace }: KubeconfigOptions): void {
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster }],
    users: [{ name: 'e2e', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e', ...(namespace && { namespace }) } }],
    'current-context': 'e2e',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
}
