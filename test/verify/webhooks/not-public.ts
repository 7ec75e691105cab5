/** Networks that are not public: their first and last addresses. */
export const NOT_PUBLIC_IPV4 = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.31.196.0", "192.31.196.255"],
  ["192.52.193.0", "192.52.193.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["192.175.48.0", "192.175.48.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "239.255.255.255"],
  ["240.0.0.0", "255.255.255.255"],
] as const;

export const NOT_PUBLIC_IPV6 = [
  "::",
  "::1",
  "::7f00:1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:0:127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::808:808",
  "64:ff9b:1::a00:1",
  "100::1",
  "100:0:0:1::1",
  "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "2001::1",
  "2001:0:4136:e378:8000:63bf:80ff:fffe",
  "2001:2::1",
  "2001:3::1",
  "2001:4:112::1",
  "2001:10::1",
  "2001:20::1",
  "2001:30::1",
  "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
  "2001:db8::1",
  "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::1",
  "2002:808:808::1",
  "2620:4f:8000::1",
  "3fff::1",
  "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
  "4000::1",
  "5f00::1",
  "fc00::1",
  "fd00:ec2::254",
  "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fe80::1",
  "fe80::5efe:7f00:1",
  "fe80::1%eth0",
  "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fec0::1",
  "feff::1",
  "ff02::1",
  "ff0e::1",
] as const;

/** The neighbours of the networks above, and some well-known addresses. */
export const PUBLIC = [
  "1.0.0.0",
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "93.184.215.14",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.0.3.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "198.51.99.255",
  "203.0.114.0",
  "223.255.255.255",
  "2000::1",
  "2001:200::1",
  "2001:4860:4860::8888",
  "2001:db9::1",
  "2003::1",
  "2606:4700:4700::1111",
  "3ffe:ffff::1",
  "3fff:1000::1",
] as const;

/** Addresses that an attacker wants to reach. */
export const PRIZES = [
  "127.0.0.1",
  "127.1.2.3",
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "169.254.169.254",
  "169.254.170.2",
  "172.17.0.1",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
] as const;

/** Ways in which the host of a URL can write an IPv4 address. */
export const IPV4_NOTATIONS: { readonly [name: string]: (parts: readonly number[]) => string } = {
  dotted: (parts) => parts.join("."),
  "a dot at the end": (parts) => `${parts.join(".")}.`,
  "one decimal number": (parts) => String(whole(parts)),
  "one hexadecimal number": (parts) => `0x${whole(parts).toString(16)}`,
  "one octal number": (parts) => `0${whole(parts).toString(8)}`,
  "two parts": ([a = 0, ...rest]) => `${a}.${whole(rest)}`,
  "three parts": ([a = 0, b = 0, ...rest]) => `${a}.${b}.${whole(rest)}`,
  "hexadecimal parts": (parts) => parts.map((part) => `0x${part.toString(16)}`).join("."),
  "capital hexadecimal parts": (parts) =>
    parts.map((part) => `0X${part.toString(16).toUpperCase()}`).join("."),
  "octal parts": (parts) => parts.map((part) => `0${part.toString(8)}`).join("."),
  "octal parts with more zeros": (parts) => parts.map((part) => `0000${part.toString(8)}`).join("."),
  "mixed parts": ([a = 0, b = 0, c = 0, d = 0]) => `0x${a.toString(16)}.${b}.0${c.toString(8)}.${d}`,
  "percent signs": (parts) =>
    [...parts.join(".")].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(""),
  "wide digits": (parts) =>
    parts.join(".").replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  "ideographic dots": (parts) => parts.join("。"),
};

/** Ways in which an IPv6 address can contain an IPv4 address. */
export const IPV6_NOTATIONS: { readonly [name: string]: (parts: readonly number[]) => string } = {
  mapped: (parts) => `[::ffff:${parts.join(".")}]`,
  "mapped, hexadecimal": (parts) => `[::ffff:${groups(parts)}]`,
  "mapped, in full": (parts) => `[0000:0000:0000:0000:0000:FFFF:${groups(parts)}]`,
  translated: (parts) => `[::ffff:0:${groups(parts)}]`,
  compatible: (parts) => `[::${parts.join(".")}]`,
  NAT64: (parts) => `[64:ff9b::${parts.join(".")}]`,
  "local NAT64": (parts) => `[64:ff9b:1::${groups(parts)}]`,
  "6to4": (parts) => `[2002:${groups(parts)}::1]`,
  Teredo: (parts) => `[2001:0:808:808:0:0:${groups(parts.map((part) => part ^ 0xff))}]`,
  ISATAP: (parts) => `[fe80::5efe:${groups(parts)}]`,
  "mapped, with a zone": (parts) => `[::ffff:${parts.join(".")}%25eth0]`,
};

export function partsOf(address: string): number[] {
  return address.split(".").map(Number);
}

function whole(parts: readonly number[]): number {
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function groups([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string {
  return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
}
