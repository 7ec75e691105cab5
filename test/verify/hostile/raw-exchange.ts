import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Nobody is kept longer than this, by whatever is sent. */
const ANSWERED_WITHIN_MS = 15_000;

export interface Heard {
  /** All that came back, byte for byte. */
  text: string;
  isClosed: boolean;
}

/** What a client does with its connection; it is told when that is closed. */
export type Play = (socket: Socket, closed: AbortSignal) => Promise<void> | void;

/** Opens a connection, plays, and listens until the other side closes it or the time is over. */
export async function exchange(
  url: string,
  play: Play | string | Buffer,
  withinMs = ANSWERED_WITHIN_MS,
): Promise<Heard> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const closing = new AbortController();
  const chunks: Buffer[] = [];
  const closed = new Promise<boolean>((resolve) => {
    socket.on("data", (chunk) => chunks.push(chunk));
    // The other side is done: what was still to be sent has no reader.
    socket.on("end", () => socket.end());
    // A connection that is cut while we send is as good as closed.
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

/** The replies of a connection, one after the other; what is announced and not sent is an error of its server. To a HEAD nothing is sent, unless it could not be read. */
export function repliesIn(text: string, { toHead = false } = {}): RawReply[] {
  const replies: RawReply[] = [];
  for (let at = 0; at < text.length; ) {
    HEAD.lastIndex = at;
    const [head = "", status = "", headers = ""] = HEAD.exec(text) ?? [];
    if (head === "") throw new Error("What came back is no HTTP.");
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
  if (end <= 4 || end > text.length) throw new Error("What was announced did not come.");
  return text.slice(at, end);
}
