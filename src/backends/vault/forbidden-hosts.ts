import { BlockList, isIP } from 'node:net';

/**
 * Addresses that no manifest may reach: link-local ones and the metadata services of clouds, which hand out the node's
 * credentials. IPv4 addresses are recognised inside IPv6 too (mapped, compatible, NAT64, 6to4).
 */
export function isForbiddenIp(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  return family !== 0 && forbidden.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** The host of a URL, where it is a literal address: undefined for a name. */
export function literalIp(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

const forbidden = createForbidden();

function createForbidden(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  // IPv4 link-local inside IPv6: compatible, NAT64, 6to4 (the list itself looks through ::ffff:0:0/96).
  list.addSubnet('::a9fe:0', 112, 'ipv6');
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
  list.addSubnet('2002:a9fe::', 32, 'ipv6');
  for (const metadata of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) list.addAddress(metadata, 'ipv4');
  for (const metadata of ['fd00:ec2::254', 'fd20:ce::254', '64:ff9b::6464:64c8']) list.addAddress(metadata, 'ipv6');
  return list;
}
