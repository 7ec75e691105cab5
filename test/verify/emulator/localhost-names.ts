import dns from "node:dns";

const lookUp = dns.lookup;

/** Every name under `localhost` is this machine (RFC 6761), and not every machine's resolver knows. */
function lookUpHere(name: string, ...rest: unknown[]): unknown {
  return Reflect.apply(lookUp, dns, [name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest]);
}

Object.assign(dns, { lookup: lookUpHere });
