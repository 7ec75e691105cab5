import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Only ends a connection that hangs: a busy process may see a close long after it happened. */
const HANGS_AFTER_MS = 120_000;

export interface Received {
  /** All bytes of the replies. */
  text: string;
  isClosed: boolean;
}

/** What a client does with its connection. The signal aborts when that is closed. */
export type Play = (socket: Socket, closed: AbortSignal) => Promise<void> | void;

/** Opens a connection, plays, and listens until the server closes it or the time is over. */
export async function exchange(
  url: string,
  play: Play | string | Buffer,
  withinMs = HANGS_AFTER_MS,
): Promise<Received> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const closing = new AbortController();
  const chunks: Buffer[] = [];
  const closed = new Promise<boolean>((resolve) => {
    socket.on("data", (chunk) => chunks.push(chunk));
    // After this, nothing that is sent has a reader.
    socket.on("end", () => socket.end());
    // The server closed the connection while we were sending.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      closing.abort();
      resolve(true);
    });
  });
  const playing = typeof play === "function" ? play : (to: Socket) => void to.write(play);
  void Promise.resolve(playing(socket, closing.signal)).catch(() => undefined);
  const waiting = new AbortController();
  const tooLate = sleep(withinMs, false, { signal: waiting.signal }).catch(() => false);
  const isClosed = await Promise.race([closed, tooLate]);
  waiting.abort();
  socket.destroy();
  return { text: Buffer.concat(chunks).toString("latin1"), isClosed };
}

export interface RawReply {
  status: number;
  headers: string;
  body: string;
}

const HEAD = /HTTP\/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/y;

/**
 * The replies of a connection, in order. Throws if one is incomplete. The reply to a HEAD has no body, unless the request could not
 * be read.
 */
export function repliesIn(text: string, { toHead = false } = {}): RawReply[] {
  const replies: RawReply[] = [];
  for (let at = 0; at < text.length; ) {
    HEAD.lastIndex = at;
    const [head = "", status = "", headers = ""] = HEAD.exec(text) ?? [];
    if (head === "") throw new Error("The reply is no HTTP.");
    at += head.length;
    const body = toHead && at === text.length ? "" : bodyAt(text, at, headers);
    at += body.length;
    replies.push({ status: Number(status), headers, body });
  }
  return replies;
}

/** A reply that says no length ends with its connection. */
function bodyAt(text: string, at: number, headers: string): string {
  const length = /^content-length: (\d+)\r$/im.exec(headers)?.[1];
  const isInChunks = /^transfer-encoding: chunked\r$/im.test(headers);
  if (length === undefined && !isInChunks) return text.slice(at);
  const end = length === undefined ? text.indexOf("0\r\n\r\n", at) + 5 : at + Number(length);
  if (end <= 4 || end > text.length) throw new Error("The reply is incomplete.");
  return text.slice(at, end);
}
