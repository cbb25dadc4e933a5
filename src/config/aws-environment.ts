import { isIP } from 'node:net';

import type { Parsed, Problem } from '../core/problem.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { AwsDefaults } from '../core/store-defaults.ts';
import { configProblem, type Environment } from './flag.ts';

/**
 * How AWS is reached, from the usual variables: AWS_REGION, AWS_ENDPOINT_URL and its forms for one service,
 * AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, AWS_CA_BUNDLE, HTTPS_PROXY, HTTP_PROXY, NO_PROXY. An empty variable
 * counts as none. The agent of Pod Identity stands where EKS puts it, unless LOCKSTEP_POD_IDENTITY_AGENT_… says otherwise:
 * the variables with which EKS points the SDK there are for the daemon's own pod. All mistakes at once.
 */
export function readAwsEnvironment(env: Environment): Parsed<AwsDefaults> {
  const problems: Problem[] = [];
  const reader = new VariableReader(env, problems);
  const everywhere = reader.url('AWS_ENDPOINT_URL');
  const endpoint = (service: string) => reader.url(`AWS_ENDPOINT_URL_${service}`) ?? everywhere;
  const value: AwsDefaults = {
    ...setOnly({ region: reader.text('AWS_REGION'), caBundleFile: reader.text('AWS_CA_BUNDLE') }),
    endpoints: setOnly({
      secretsManager: endpoint('SECRETS_MANAGER'),
      ssm: endpoint('SSM'),
      sts: endpoint('STS'),
    }),
    useFips: reader.switch('AWS_USE_FIPS_ENDPOINT'),
    useDualstack: reader.switch('AWS_USE_DUALSTACK_ENDPOINT'),
    proxy: setOnly({
      httpsProxy: reader.proxy('HTTPS_PROXY', 'https_proxy'),
      httpProxy: reader.proxy('HTTP_PROXY', 'http_proxy'),
      noProxy: reader.text('NO_PROXY', 'no_proxy'),
    }),
    podIdentityAgent: {
      ipv4: reader.address('LOCKSTEP_POD_IDENTITY_AGENT_IPV4') ?? '169.254.170.23',
      ipv6: reader.address('LOCKSTEP_POD_IDENTITY_AGENT_IPV6') ?? 'fd00:ec2::23',
      port: reader.port('LOCKSTEP_POD_IDENTITY_AGENT_PORT') ?? 80,
    },
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/**
 * A person's own keys, by the names under which the backend looks for them. For `lockstep mount` only: those of the daemon
 * must never serve a pod.
 */
export function readAmbientAwsKeys(env: Environment): ReadonlyMap<string, SecretBytes> {
  const names = [
    ['accessKeyId', 'AWS_ACCESS_KEY_ID'],
    ['secretAccessKey', 'AWS_SECRET_ACCESS_KEY'],
    ['sessionToken', 'AWS_SESSION_TOKEN'],
  ] as const;
  return new Map(names.flatMap(([key, name]) => (env[name] ? [[key, SecretBytes.from(env[name])] as const] : [])));
}

class VariableReader {
  readonly #env: Environment;
  readonly #problems: Problem[];

  constructor(env: Environment, problems: Problem[]) {
    this.#env = env;
    this.#problems = problems;
  }

  /** Of the first of the names that is set. */
  text(...names: readonly string[]): string | undefined {
    return this.#find(names)?.value;
  }

  url(name: string): string | undefined {
    return this.#checked([name], 'must be a URL: http://HOST:PORT or https://HOST:PORT', toHttpUrl);
  }

  /** Parity: other programs take `HOST:PORT` for a proxy, too. */
  proxy(...names: readonly string[]): string | undefined {
    return this.#checked(names, 'must be a URL: http://HOST:PORT', (value) =>
      toHttpUrl(value.includes('://') ? value : `http://${value}`),
    );
  }

  address(name: string): string | undefined {
    return this.#checked([name], 'must be an IP address', (value) => (isIP(value) === 0 ? undefined : value));
  }

  port(name: string): number | undefined {
    return this.#checked([name], 'must be a port number', (value) => {
      const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
      return port > 0 && port < 65_536 ? port : undefined;
    });
  }

  switch(name: string): boolean {
    const words = new Map([
      ['true', true],
      ['false', false],
    ]);
    return this.#checked([name], 'must be true or false', (value) => words.get(value.toLowerCase())) ?? false;
  }

  #find(names: readonly string[]): { readonly name: string; readonly value: string } | undefined {
    const name = names.find((candidate) => this.#env[candidate]);
    const value = name === undefined ? undefined : this.#env[name];
    return name === undefined || value === undefined ? undefined : { name, value };
  }

  #checked<T>(names: readonly string[], rule: string, check: (value: string) => T | undefined): T | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const checked = check(found.value);
    if (checked === undefined) this.#problems.push(configProblem(found.name, found.value, rule));
    return checked;
  }
}

function toHttpUrl(text: string): string | undefined {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:' ? text : undefined;
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that have a value. */
function setOnly<T extends object>(members: T): Given<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // The same keys, less those that were undefined.
  return Object.fromEntries(entries) as Given<T>;
}
