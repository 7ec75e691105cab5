import type { Writable } from "node:stream";
import { wrapAnsi } from "fast-wrap-ansi";

/** A stream of a terminal, as Node has it. */
export interface TerminalStream extends Writable {
  isTTY?: boolean;
  columns?: number;
}

const DEFAULT_COLUMNS = 80;

/** Returns the lines as the terminal has to show them: none is wider than the terminal, so that their number is known. */
function wrapped(lines: readonly string[], columns: number): string[] {
  return lines.flatMap((line) => wrapAnsi(line, columns, { hard: true, trim: false }).split("\n"));
}

/** The last lines of a terminal, which are drawn again and again in the same place. */
export class Screen {
  readonly #stream: TerminalStream;
  /** As they were written. */
  #shown: string[] = [];
  /** Lines that others have written below. */
  #added = 0;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || DEFAULT_COLUMNS;
  }

  /** Replaces what was drawn before. */
  draw(lines: readonly string[]): void {
    const wanted = wrapped(lines, this.columns);
    if (this.#added === 0 && wanted.join("\n") === this.#shown.join("\n")) return;
    // A terminal that became narrower has broken the lines again.
    const height = wrapped(this.#shown, this.columns).length + this.#added;
    const up = this.#shown.length + this.#added === 0 ? "" : `\u001b[${height}A\r\u001b[J`;
    this.#stream.write(up + wanted.map((line) => `${line}\n`).join(""));
    this.#shown = wanted;
    this.#added = 0;
  }

  /** Notes that a prompt has written below what was drawn, and that the next drawing replaces it too. */
  replaceToo(lines: readonly string[]): void {
    this.#added += wrapped(lines, this.columns).length;
  }

  /** Leaves what was drawn as it is. The next drawing comes below it. */
  leave(): void {
    this.#shown = [];
    this.#added = 0;
  }
}
