import { isCancel, PasswordPrompt, type Prompt, SelectPrompt } from "@clack/core";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { Interrupted } from "./exit-codes.ts";
import { type Io, paintFor } from "./io.ts";
import { printable } from "./printable.ts";

export interface Question {
  label: string;
  /** Shown behind the label, and shown again each second. */
  hint?: () => string;
  /** The value if the person types nothing. Without it, the prompt asks again. */
  whenEmpty?: string;
  /** Closes the prompt: there is nothing to ask any more. */
  signal?: AbortSignal;
}

/** What a prompt has left on the terminal. */
export type Left = (lines: readonly string[]) => void;

const SECOND_MS = 1000;
const MASK = "•";

/**
 * Asks for a secret, and shows a dot for each character. Returns `undefined` if the signal closed the prompt.
 *
 * @throws Interrupted if the person presses Ctrl-C, Ctrl-D or Escape.
 */
export async function askHidden(
  io: Io,
  question: Question,
  left: Left = () => undefined,
): Promise<Secret | undefined> {
  const closing = closingWith(io, question.signal);
  const paint = paintFor(io.stderr, io);
  const { whenEmpty } = question;
  let frame = "";
  const prompt = new PasswordPrompt({
    mask: MASK,
    input: io.stdin,
    output: io.stderr,
    signal: closing.signal,
    validate: (value) => (value || whenEmpty !== undefined ? undefined : "An answer is needed."),
    render() {
      const hint = question.hint?.() ?? "";
      const head = paint("strong", printable(question.label)) + (hint && ` ${paint("quiet", `(${hint})`)}`);
      frame = `${head}: ${this.state === "error" ? paint("bad", this.error) : this.masked}`;
      return frame;
    },
  });
  const value = await ended(prompt, closing, question.hint !== undefined);
  left([frame]);
  if (value === undefined) return undefined;
  return new Secret(value === "" ? (whenEmpty ?? "") : value);
}

export interface Choice<Value> {
  label: string;
  value: Value;
}

/** How many choices are shown at once. */
const SHOWN = 12;

/**
 * Asks which one.
 *
 * @throws Interrupted as {@link askHidden}.
 */
export async function choose<Value>(
  io: Io,
  label: string,
  choices: readonly Choice<Value>[],
): Promise<Value> {
  const closing = closingWith(io, undefined);
  const paint = paintFor(io.stderr, io);
  const options = choices.map((choice, index) => ({ value: index, label: printable(choice.label) }));
  const prompt = new SelectPrompt<{ value: number; label: string }>({
    options,
    input: io.stdin,
    output: io.stderr,
    signal: closing.signal,
    render() {
      const head = paint("strong", printable(label));
      if (this.state === "submit") return `${head}: ${options[this.cursor]?.label ?? ""}`;
      const from = Math.max(0, Math.min(this.cursor - SHOWN + 1, options.length - SHOWN));
      const lines = options.slice(from, from + SHOWN).map((option, index) => {
        const isChosen = from + index === this.cursor;
        return isChosen ? paint("busy", `> ${option.label}`) : `  ${option.label}`;
      });
      return [`${head} (arrow keys, then Enter)`, ...lines].join("\n");
    },
  });
  const index = await ended(prompt, closing, false);
  const chosen = choices[index ?? -1];
  if (chosen === undefined) throw new Interrupted();
  return chosen.value;
}

/** Waits for the end of a prompt. Closes it also at Ctrl-D, which would otherwise leave a prompt that nobody can end. */
async function ended<Value>(
  prompt: Prompt<Value>,
  { signal, close, isOver, release }: Closing,
  ticks: boolean,
): Promise<Value | undefined> {
  prompt.on("key", (_, { name, ctrl }) => {
    if (name === "d" && ctrl === true && !signal.aborted) close();
  });
  // The library draws only after a key.
  const timer = setInterval(() => ticks && prompt["render"](), SECOND_MS);
  try {
    const value = await prompt.prompt();
    if (!isCancel(value)) return value;
    if (isOver()) return undefined;
    throw new Interrupted();
  } finally {
    clearInterval(timer);
    release();
  }
}

interface Closing {
  signal: AbortSignal;
  close(): void;
  /** Whether the caller has closed the prompt, and not the person. */
  isOver(): boolean;
  /** Stops passing on signals: the library would write a line even for an abort after the end of the prompt. */
  release(): void;
}

function closingWith(io: Io, signal: AbortSignal | undefined): Closing {
  const controller = new AbortController();
  const close = () => controller.abort();
  const signals = [io.signal, ...(signal === undefined ? [] : [signal])];
  for (const one of signals) one.addEventListener("abort", close);
  if (signals.some((one) => one.aborted)) close();
  return {
    signal: controller.signal,
    close,
    isOver: () => signal?.aborted === true && !io.signal.aborted,
    release() {
      for (const one of signals) one.removeEventListener("abort", close);
    },
  };
}
