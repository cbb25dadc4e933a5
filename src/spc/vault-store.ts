import type { VaultStore, VaultTls } from '../core/object-ref.ts';
import { parseGoBool } from '../core/parse-bool.ts';
import type { Problem } from '../core/problem.ts';
import type { VaultDefaults } from '../core/store-defaults.ts';
import { readVaultAuth } from './vault-auth.ts';
import type { ParameterSuffix, VaultParameters } from './vault-parameters.ts';

/** The rest of an address is checked where it is used. A URL parser drops line ends and tabs silently. */
// oxlint-disable-next-line no-control-regex -- these are the characters it is about
const address = /^(?:https?:\/\/[^/\u0000-\u0020\u007f]|unix:\/\/\/)[^\u0000-\u0020\u007f]*$/i;
// oxlint-disable-next-line no-control-regex -- nor could a header carry them
const controlCharacter = /[\u0000-\u001f\u007f]/;

/** The way into the store: what the manifest says over what the daemon says. Pushes every problem. */
export function readVaultStore(parameters: VaultParameters, defaults: VaultDefaults, problems: Problem[]): VaultStore {
  const namespace = parameters.find('Namespace');
  if (controlCharacter.test(namespace.value)) {
    problems.push({ path: `parameters.${namespace.name}`, message: 'holds a control character; remove it' });
  }
  return {
    address: readAddress(parameters, problems) || defaults.address,
    namespace: namespace.value || defaults.namespace,
    tls: readTls(parameters, defaults.tls, problems),
    auth: readVaultAuth(parameters, defaults.authMount, problems),
  };
}

function readAddress(parameters: VaultParameters, problems: Problem[]): string {
  const { name, value } = parameters.find('Address');
  if (value !== '' && !address.test(value)) {
    const message = 'must be https://HOST:PORT, http://HOST:PORT or unix:///PATH, without spaces and line ends';
    problems.push({ path: `parameters.${name}`, message });
  }
  return value;
}

/** Parity: the manifest replaces a CA, a pair or a name as a whole and can turn verification off only. */
function readTls(parameters: VaultParameters, defaults: VaultTls, problems: Problem[]): VaultTls {
  const read = (suffix: ParameterSuffix): string => parameters.find(suffix).value;
  const ownCa = toCa(read('CACertPath'), read('CADirectory'));
  const ownPair = { clientCertFile: read('TLSClientCertPath'), clientKeyFile: read('TLSClientKeyPath') };
  const hasPair = ownPair.clientCertFile !== '' && ownPair.clientKeyFile !== '';
  if (!hasPair) checkNoHalfPair(parameters, problems);
  const { clientCertFile, clientKeyFile } = hasPair ? ownPair : defaults;
  return {
    ...(ownCa ?? toCa(defaults.caFile, defaults.caDirectory) ?? { caFile: '', caDirectory: '' }),
    serverName: read('TLSServerName') || defaults.serverName,
    clientCertFile,
    clientKeyFile,
    skipVerify: readSkipVerify(parameters, problems) || defaults.skipVerify,
  };
}

/** Parity: a file wins over a directory of the same layer. */
function toCa(caFile: string, caDirectory: string): Pick<VaultTls, 'caFile' | 'caDirectory'> | undefined {
  if (caFile !== '') return { caFile, caDirectory: '' };
  return caDirectory === '' ? undefined : { caFile: '', caDirectory };
}

function checkNoHalfPair(parameters: VaultParameters, problems: Problem[]): void {
  const cert = parameters.find('TLSClientCertPath');
  const key = parameters.find('TLSClientKeyPath');
  const [given, missing] = cert.value === '' ? [key, cert] : [cert, key];
  if (given.value === '') return;
  problems.push({ path: `parameters.${given.name}`, message: `goes with ${missing.name}; set both or neither` });
}

/** Parity: a value that is there must be a boolean, so the empty one is refused. */
function readSkipVerify(parameters: VaultParameters, problems: Problem[]): boolean {
  const present = parameters.present('SkipTLSVerify').map(({ name, value }) => ({ name, parsed: parseGoBool(value) }));
  for (const { name, parsed } of present) {
    if (parsed === undefined) problems.push({ path: `parameters.${name}`, message: 'must be "true" or "false"' });
  }
  return present[0]?.parsed ?? false;
}
