import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";

/** An item as DynamoDB sends it. */
export type Item = z.infer<typeof item>;
const item = z.record(z.string(), z.unknown());

const write = z.object({ number: z.int(), table: z.string(), key: item, old: item.optional() });
const line = z.union([
  z.object({ begun: write }),
  z.object({ made: z.int(), now: item.optional(), at: z.number() }),
  z.object({ over: z.int() }),
]);
type Line = z.infer<typeof line>;

/** A write that may change an item. `old` is the item before the write. */
export type BegunWrite = z.infer<typeof write>;

/** A write that was made. `now` is the item after it; undefined when it was deleted. */
export interface ChangeRecord extends BegunWrite {
  now: Item | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

/** When all records are delivered, a file of this size is emptied. */
const EMPTY_FROM_BYTES = 1024 * 1024;

/**
 * The records of a stream until they are delivered. With a file, records survive a crash: a write is noted before it is made, so
 * that a later start finds out whether it was made.
 */
export class StreamLog {
  readonly #file: string | undefined;
  readonly #begun = new Map<number, BegunWrite>();
  readonly #records = new Map<number, ChangeRecord>();
  /** Numbers grow, also after a restart. */
  #last = Date.now();
  #bytes = 0;

  /** @throws an `Error` if a line of the file is not valid. */
  constructor(file: string | undefined) {
    this.#file = file;
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) for (const each of linesIn(file)) this.#take(each);
    this.#rewrite();
  }

  /** The writes that may or may not have been made. */
  get begun(): readonly BegunWrite[] {
    return [...this.#begun.values()];
  }

  /** The records that are not delivered, oldest first. */
  get records(): readonly ChangeRecord[] {
    return [...this.#records.values()].toSorted((a, b) => a.number - b.number);
  }

  begin(table: string, key: Item, old: Item | undefined): BegunWrite {
    const begun = { number: this.#last + 1, table, key, old };
    this.#append({ begun });
    return begun;
  }

  made({ number }: BegunWrite, now: Item | undefined): ChangeRecord | undefined {
    this.#append({ made: number, now, at: Date.now() });
    return this.#records.get(number);
  }

  /** Forgets a write that was not made, or a record that was delivered. */
  over({ number }: BegunWrite): void {
    this.#append({ over: number });
    const isEmpty = this.#begun.size + this.#records.size === 0;
    if (isEmpty && this.#bytes > EMPTY_FROM_BYTES) this.#rewrite();
  }

  #append(each: Line): void {
    this.#take(each);
    if (this.#file === undefined) return;
    const text = textOf(each);
    appendFileSync(this.#file, text);
    this.#bytes += text.length;
  }

  #take(each: Line): void {
    if ("begun" in each) {
      this.#begun.set(each.begun.number, each.begun);
      this.#last = Math.max(this.#last, each.begun.number);
    } else if ("made" in each) {
      const begun = this.#begun.get(each.made);
      if (begun !== undefined) this.#records.set(each.made, { ...begun, now: each.now, at: each.at });
      this.#begun.delete(each.made);
    } else {
      this.#begun.delete(each.over);
      this.#records.delete(each.over);
    }
  }

  #rewrite(): void {
    if (this.#file === undefined) return;
    const texts = [
      ...this.begun.map((begun) => textOf({ begun })),
      ...this.records.flatMap(({ now, at, ...begun }) => [
        textOf({ begun }),
        textOf({ made: begun.number, now, at }),
      ]),
    ];
    writeFileSync(`${this.#file}.new`, texts.join(""));
    renameSync(`${this.#file}.new`, this.#file);
    this.#bytes = 0;
  }
}

function textOf(each: Line): string {
  return `${JSON.stringify(each)}\n`;
}

function linesIn(file: string): Line[] {
  // The text after the last line break is empty, or it is a line that a crash left incomplete.
  const texts = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return texts.map((text, index) => {
    try {
      return line.parse(JSON.parse(text));
    } catch (error) {
      throw new Error(`${file}:${index + 1} is not a line of a log of records.`, { cause: error });
    }
  });
}
