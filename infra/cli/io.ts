import type { Readable } from "node:stream";
import { styleText } from "node:util";
import type { Paint, Style } from "./job-lines.ts";
import type { Variables } from "./place.ts";
import type { TerminalStream } from "./screen.ts";

/** What the program reads and writes. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: TerminalStream;
  stderr: TerminalStream;
  variables: Variables;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** In milliseconds. */
  now(): number;
}

/** Whether lines can be drawn again. */
export function isTerminal(stream: TerminalStream, { variables }: Pick<Io, "variables">): boolean {
  return stream.isTTY === true && variables["TERM"] !== "dumb";
}

/** Whether a person can be asked: the questions are on standard error, so that standard output may be a pipe. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && isTerminal(io.stderr, io);
}

const FORMATS = { good: "green", bad: "red", busy: "cyan", quiet: "dim", strong: "bold" } as const satisfies {
  [style in Style]: string;
};

/** Colours for a stream: none with `NO_COLOR`, or if the stream is no terminal. */
export function paintFor(stream: TerminalStream, io: Pick<Io, "variables">): Paint {
  const hasColours = isTerminal(stream, io) && !io.variables["NO_COLOR"];
  return (style, text) => (hasColours ? styleText(FORMATS[style], text, { validateStream: false }) : text);
}
