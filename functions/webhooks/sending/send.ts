import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type IncomingMessage, request as startRequest } from "node:http";
import { connect as connectPlainly, isIP, isIPv4, type Socket } from "node:net";
import { connect as connectByTls } from "node:tls";
import type { Clock } from "../../jobs/domain/clock.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { MAX_RESPONSE_BYTES, type Outcome } from "../domain/message.ts";
import type { Delivery, Sender } from "../domain/ports.ts";
import { REPLY_WITHIN_MS } from "../domain/retries.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-addresses.ts";
import { hostOf, isLoopbackReceiver, type ReceiverRules, requireReceiver } from "./receiver-url.ts";
import { signedHeaders } from "./sign.ts";

export interface SenderOptions {
  rules: ReceiverRules;
  /** Reads the dates of `Retry-After`. */
  clock: Pick<Clock, "msUntil">;
  /** The time for a whole attempt, in real milliseconds. Default: `REPLY_WITHIN_MS`. */
  replyWithinMs?: number;
  /** Returns all addresses of a name. Default: asks the resolver of the machine. */
  resolve?: (name: string) => Promise<readonly string[]>;
  /** Gets only addresses that the sender has checked. Default: `openConnection`. */
  connect?: (target: ConnectionTarget) => Socket;
}

export interface ConnectionTarget {
  address: string;
  port: number;
  /** The host of the URL, for which the receiver's certificate must be valid. */
  host: string;
  isTls: boolean;
}

/** An attempt that misses its deadline for any reason ends this much later. */
const CLOSING_MS = 500;

/**
 * Makes a sender that connects only to public addresses. It looks up a name once for each attempt, refuses the receiver if any
 * of the addresses is not public, and connects to one of these same addresses. It follows no redirect, uses no proxy of the
 * environment, and uses no connection twice.
 */
export function httpsSender(options: SenderOptions): Sender {
  const { replyWithinMs = REPLY_WITHIN_MS } = options;
  return {
    async send(delivery) {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), replyWithinMs);
      const end = new AbortController();
      const lastTimer = setTimeout(() => end.abort(), replyWithinMs + CLOSING_MS);
      try {
        return await unlessAborted(attempt(delivery, options, deadline.signal), end.signal);
      } catch (error) {
        if (error instanceof Refusal) return { kind: "none", why: "refused-address" };
        return { kind: "none", why: deadline.signal.aborted ? "timeout" : "not-reached" };
      } finally {
        clearTimeout(timer);
        clearTimeout(lastTimer);
      }
    },
  };
}

/** Throws a `Refusal` if the receiver is not allowed, and another error if no reply arrives. */
async function attempt(delivery: Delivery, options: SenderOptions, signal: AbortSignal): Promise<Outcome> {
  const { rules, clock, resolve = addressesOf, connect = openConnection } = options;
  const url = requireReceiver(delivery.url, rules);
  const headers = signedHeaders(delivery);
  const host = hostOf(url);
  const addresses = isIP(host) === 0 ? await unlessAborted(resolve(host), signal) : [host];
  const address = checkedAddress(addresses, isLoopbackReceiver(url) ? isLoopbackAddress : isPublicAddress);
  const isTls = url.protocol === "https:";
  const socket = connect({ address, host, isTls, port: Number(url.port) || (isTls ? 443 : 80) });
  socket.on("error", () => undefined);
  try {
    // Nothing is sent before the certificate was checked.
    await once(socket, isTls ? "secureConnect" : "connect", { signal });
    const response = await exchange(socket, url, headers, delivery.body, signal);
    return {
      kind: "reply",
      status: response.statusCode ?? 0,
      retryAfterSeconds: readRetryAfter(response.headers["retry-after"], clock),
      response: await readStart(response),
    };
  } finally {
    socket.destroy();
  }
}

async function addressesOf(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", reject, { once: true });
  return Promise.race([work, promise]);
}

/** Returns the first IPv4 address, or the first address if there is none: functions often have no route for IPv6. */
function checkedAddress(addresses: readonly string[], isAllowed: (address: string) => boolean): string {
  if (!addresses.every(isAllowed)) throw new Refusal("receiver-not-public");
  const address = addresses.find(isIPv4) ?? addresses[0];
  if (address === undefined) throw new Error("The name has no address.");
  return address;
}

/** Connects to the address, and looks up nothing. `ca` replaces the known certificate authorities. */
export function openConnection({ address, port, host, isTls }: ConnectionTarget, ca?: string): Socket {
  if (!isTls) return connectPlainly({ host: address, port });
  return connectByTls({
    host: address,
    port,
    // TLS knows no server name for an address. The certificate is then checked for the address.
    servername: isIP(host) === 0 ? host : "",
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
    ...(ca !== undefined && { ca }),
  });
}

/** Sends the message on a connection, and returns the head of the reply. */
function exchange(
  socket: Socket,
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  startRequest({
    createConnection: () => socket,
    method: "POST",
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      "content-type": "application/json",
      "user-agent": "connection-jobs",
      ...headers,
    },
    signal,
  })
    .on("error", reject)
    // A receiver that changes the protocol, or closes the connection without a reply, has not replied.
    .on("upgrade", () => reject(new Error("No reply.")))
    .on("close", () => reject(new Error("No reply.")))
    .once("response", resolve)
    .end(body);
  return promise;
}

/** Returns the first 256 bytes of a reply, or fewer if the rest does not arrive: the status counts without it. */
async function readStart(response: IncomingMessage): Promise<string> {
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of response) {
      start = Buffer.concat([start, chunk]).subarray(0, MAX_RESPONSE_BYTES);
      if (start.byteLength === MAX_RESPONSE_BYTES) break;
    }
  } catch {
    // The connection broke, or the time is over.
  }
  return printable(start);
}

/** Characters that control a terminal or the direction of text, and those that are no valid UTF-8. */
const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}\uFFFD]/gu;

function printable(bytes: Uint8Array): string {
  // `stream` leaves out a character of which only the first bytes are there.
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll(NOT_PRINTABLE, " ");
}

const SECONDS = /^\d{1,9}$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Returns the pause that the receiver asks for in seconds, and `undefined` for a value of another form. */
function readRetryAfter(value: string | undefined, clock: Pick<Clock, "msUntil">): number | undefined {
  if (value === undefined) return undefined;
  if (SECONDS.test(value)) return Number(value);
  const date = HTTP_DATE.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return Math.max(0, Math.ceil(clock.msUntil(date) / 1000));
}
