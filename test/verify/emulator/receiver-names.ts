import dns from "node:dns/promises";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";

/*
 * For functions on the emulator. They send webhooks to public addresses only, and nothing here may leave this machine: the one receiver
 * that there is has a public address by its name, and each connection to its name goes to its socket.
 */

const { RECEIVER_HOST, RECEIVER_SOCKET = "", RECEIVER_CERT = "" } = process.env;
const lookUp = dns.lookup;
const connect = tls.connect;

function lookUpHere(name: string, ...rest: unknown[]): unknown {
  if (name === RECEIVER_HOST) return Promise.resolve([{ address: "1.1.1.1", family: 4 }]);
  return Reflect.apply(lookUp, dns, [name, ...rest]);
}

function connectHere(...given: unknown[]): unknown {
  const [options] = given as [tls.ConnectionOptions];
  if (options.servername !== RECEIVER_HOST) return Reflect.apply(connect, tls, given);
  return connect({ ...options, path: RECEIVER_SOCKET, ca: readFileSync(RECEIVER_CERT) });
}

Object.assign(dns, { lookup: lookUpHere });
Object.assign(tls, { connect: connectHere });
syncBuiltinESMExports();
