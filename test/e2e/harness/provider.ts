import { Daemon, type DaemonOptions, launch } from './daemon.ts';

export interface ProviderOptions extends DaemonOptions {
  readonly providerDir: string;
  readonly versionKeyFile: string;
}

/** Our provider. */
export class Provider extends Daemon {
  /** Resolves when the daemon says that it is ready. */
  static async start({ providerDir, versionKeyFile, ...options }: ProviderOptions): Promise<Provider> {
    const own = { 'provider-dir': providerDir, providers: 'vault', 'version-key-file': versionKeyFile };
    const provider = new Provider(await launch('provider', own, options));
    await provider.started();
    return provider;
  }
}
