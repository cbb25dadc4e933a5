import type { VaultTls } from './object-ref.ts';

/** What the daemon's flags and environment say where a manifest says nothing. One per flavour of provider. */
export interface StoreDefaults {
  readonly vault: VaultDefaults;
  readonly openbao: VaultDefaults;
  readonly aws: AwsDefaults;
}

export interface VaultDefaults {
  readonly address: string;
  readonly namespace: string;
  /** Mount of the auth method, without `auth/`. */
  readonly authMount: string;
  readonly tls: VaultTls;
}

/** How AWS is reached. Nothing in here says who asks there. */
export interface AwsDefaults {
  /** Where manifests that name no region look. */
  readonly region?: string;
  /** In place of the endpoints that follow from the region: for emulators and private ones. */
  readonly endpoints: AwsEndpoints;
  readonly useFips: boolean;
  readonly useDualstack: boolean;
  /** Replaces the system's roots. */
  readonly caBundleFile?: string;
  readonly proxy: AwsProxy;
  readonly podIdentityAgent: AwsPodIdentityAgent;
}

export interface AwsEndpoints {
  readonly secretsManager?: string;
  readonly ssm?: string;
  readonly sts?: string;
}

/** As in the variables of the same names. */
export interface AwsProxy {
  readonly httpsProxy?: string;
  readonly httpProxy?: string;
  readonly noProxy?: string;
}

/** The agent of EKS Pod Identity on the node: plain HTTP on link-local addresses. */
export interface AwsPodIdentityAgent {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
}
