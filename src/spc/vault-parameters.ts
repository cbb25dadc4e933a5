/** What the dialects of Vault and OpenBao differ in. */
export interface VaultFlavour {
  readonly name: 'vault' | 'openbao';
  /** Prefixes of the parameter names; the first wins. */
  readonly prefixes: readonly string[];
  /** Names of the parameter for the role; the first wins. */
  readonly roleNames: readonly string[];
  /** Of the token that is used when the manifest names no audience. */
  readonly audience: string;
}

export const vaultFlavour: VaultFlavour = {
  name: 'vault',
  prefixes: ['vault'],
  roleNames: ['roleName'],
  audience: 'vault',
};

/** Parity: `bao…` wins over `openbao…` wins over `vault…`, the names of the role included. */
export const openbaoFlavour: VaultFlavour = {
  name: 'openbao',
  prefixes: ['bao', 'openbao', 'vault'],
  roleNames: ['baoRoleName', 'openbaoRoleName', 'vaultRoleName', 'roleName'],
  audience: 'openbao',
};

/** Names of parameters after the prefix. */
const suffixes = [
  'Address',
  'Namespace',
  'SkipTLSVerify',
  'CACertPath',
  'CADirectory',
  'TLSServerName',
  'TLSClientCertPath',
  'TLSClientKeyPath',
  'KubernetesMountPath',
  'AuthMountPath',
  'AuthMethod',
  'AppRoleId',
] as const;

export type ParameterSuffix = (typeof suffixes)[number];

/** Every name under which a flavour reads a parameter of the store. */
export function storeParameterNames({ prefixes, roleNames }: VaultFlavour): readonly string[] {
  return [...roleNames, 'audience', ...prefixes.flatMap((prefix) => suffixes.map((suffix) => prefix + suffix))];
}

/** A parameter under the name that decided it; without a value under the flavour's main name. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Reads the parameters of a class by what they mean. An empty value counts as none, except where it says otherwise. */
export class VaultParameters {
  readonly flavour: VaultFlavour;
  readonly #parameters: ReadonlyMap<string, string>;

  constructor(parameters: ReadonlyMap<string, string>, flavour: VaultFlavour) {
    this.#parameters = parameters;
    this.flavour = flavour;
  }

  find(suffix: ParameterSuffix): Parameter {
    return this.first(this.names(suffix), `${this.flavour.name}${suffix}`);
  }

  /** The first of `names` that has a value. */
  first(names: readonly string[], mainName: string): Parameter {
    const name = names.find((candidate) => this.#parameters.get(candidate));
    return { name: name ?? mainName, value: (name && this.#parameters.get(name)) ?? '' };
  }

  /** Those that are there, even empty; the first decides. */
  present(suffix: ParameterSuffix): readonly Parameter[] {
    return this.names(suffix).flatMap((name) => {
      const value = this.#parameters.get(name);
      return value === undefined ? [] : [{ name, value }];
    });
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  names(suffix: ParameterSuffix): readonly string[] {
    return this.flavour.prefixes.map((prefix) => prefix + suffix);
  }
}
