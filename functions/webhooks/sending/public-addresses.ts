import { BlockList, isIP, isIPv4 } from "node:net";

/*
 * What is not public, after IANA's registries of special-purpose addresses:
 * https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry.
 * A few of these networks can be reached from everywhere, but no receiver of webhooks is there.
 */

const NOT_PUBLIC_IPV4 = [
  ["0.0.0.0", 8], // this network; Linux connects 0.0.0.0 to the loopback
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared by customers of a provider (CGNAT)
  ["127.0.0.0", 8], // loopback: in Lambda also the API of the runtime
  ["169.254.0.0", 16], // link-local: also the metadata of instances and the credentials of containers
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24], // relays of 6to4
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
] as const;

/**
 * All public IPv6 addresses are in here. Outside are the loopback (::1), private (fc00::/7), link-local (fe80::/10), site-local
 * (fec0::/10) and multicast (ff00::/8) addresses, those that contain an IPv4 address (::/96, ::ffff:0:0/96, 64:ff9b::/96,
 * 64:ff9b:1::/48), the discard prefix (100::/64) and segment routing (5f00::/16).
 */
const GLOBAL_UNICAST_IPV6 = ["2000::", 3] as const;

const NOT_PUBLIC_IPV6 = [
  ["2001::", 23], // protocol assignments: Teredo, benchmarking, ORCHID and others
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which contains an IPv4 address
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
] as const;

const notPublic = new BlockList();
for (const [network, bits] of NOT_PUBLIC_IPV4) notPublic.addSubnet(network, bits, "ipv4");
for (const [network, bits] of NOT_PUBLIC_IPV6) notPublic.addSubnet(network, bits, "ipv6");

const globalUnicast = new BlockList();
globalUnicast.addSubnet(...GLOBAL_UNICAST_IPV6, "ipv6");

/** Returns false for every text that is not an address in its usual form. */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address);
  if (family === undefined || notPublic.check(address, family)) return false;
  return family === "ipv4" || globalUnicast.check(address, family);
}

/** Returns false for an IPv6 address that contains an IPv4 address. */
export function isLoopbackAddress(address: string): boolean {
  return isIPv4(address) ? address.startsWith("127.") : address === "::1";
}

/** An address with a zone, such as `fe80::1%eth0`, has no family here: it is never public. */
function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  if (address.includes("%")) return undefined;
  const family = isIP(address);
  return family === 4 ? "ipv4" : family === 6 ? "ipv6" : undefined;
}
