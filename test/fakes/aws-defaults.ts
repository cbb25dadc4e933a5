import type { AwsDefaults } from '../../src/core/store-defaults.ts';

/** What a daemon says that was told nothing about AWS. */
export const awsDefaults: AwsDefaults = {
  endpoints: {},
  useFips: false,
  useDualstack: false,
  proxy: {},
  podIdentityAgent: { ipv4: '169.254.170.23', ipv6: 'fd00:ec2::23', port: 80 },
};
