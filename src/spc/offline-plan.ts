import type { Parsed } from '../core/problem.ts';
import type { AwsDefaults, StoreDefaults, VaultDefaults } from '../core/store-defaults.ts';
import type { ClassDialect, ClassPlan } from './class-dialect.ts';

/** Nobody looks at the modes of such a plan. */
const defaultMode = 0o644;

/** What a class says, wherever it will be mounted: for those who look at a manifest and fetch nothing. */
export function planOffline(dialect: ClassDialect, parameters: ReadonlyMap<string, string>): Parsed<ClassPlan> {
  return dialect.parse(parameters, { defaults: toDefaults(parameters), defaultMode });
}

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault: VaultDefaults = { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls };
const noAws: AwsDefaults = {
  endpoints: {},
  useFips: false,
  useDualstack: false,
  proxy: {},
  podIdentityAgent: { ipv4: '', ipv6: '', port: 80 },
};

/** What a daemon without any settings would say, but for the region: it knows its own, which must be that of the ARNs. */
function toDefaults(parameters: ReadonlyMap<string, string>): StoreDefaults {
  const regions = parameters.get('objects')?.matchAll(/arn:[^:\s]*:(?:secretsmanager|ssm):([a-z0-9-]+):/g) ?? [];
  const [region = 'the region of the node'] = [...regions]
    .map(([, found]) => found)
    .filter((found) => found !== parameters.get('failoverRegion'));
  return { vault, openbao: vault, aws: { ...noAws, region } };
}
