import { expect, it } from 'vitest';

import { isForbiddenIp, literalIp } from './forbidden-hosts.ts';

it.for([
  '169.254.169.254',
  '169.254.0.1',
  'fe80::1',
  'fe80::1%eth0',
  'febf:ffff::1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '::ffff:100.100.100.200',
  '64:ff9b::6464:64c8',
  '168.63.129.16',
])('%s is link-local or a metadata service', (ip) => {
  expect(isForbiddenIp(ip)).toBe(true);
});

it.for(['127.0.0.1', '10.0.0.1', '169.253.255.255', '169.255.0.0', 'fec0::1', 'fd00:ec2::255', '::1', 'vault', ''])(
  '%s is none',
  (ip) => {
    expect(isForbiddenIp(ip)).toBe(false);
  },
);

it('tells a literal address from a name', () => {
  expect(literalIp('[::1]')).toBe('::1');
  expect(literalIp('10.0.0.1')).toBe('10.0.0.1');
  expect(literalIp('vault.example')).toBeUndefined();
});
