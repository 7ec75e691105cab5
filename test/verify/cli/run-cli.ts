import { PassThrough } from "node:stream";
import { Interrupted } from "../../../infra/cli/exit-codes.ts";
import { run } from "../../../infra/cli/run.ts";

export const OPEN = Symbol("open");

export interface CliOptions {
  /** What standard input has until its end. {@link OPEN}: nothing, and no end. */
  stdin?: string | typeof OPEN;
  /** Whether a person sits at a terminal. */
  isTerminal?: boolean;
  variables?: Record<string, string>;
}

/** What a run of the program in this process has printed so far, and how it ends. */
export function startCli(
  args: readonly string[],
  { isTerminal = false, stdin = isTerminal ? OPEN : "", variables = {} }: CliOptions = {},
) {
  const printed = { stdout: "", stderr: "" };
  const streamTo = (name: "stdout" | "stderr") =>
    Object.assign(new PassThrough(), { isTTY: isTerminal, columns: 80 })
      .setEncoding("utf8")
      .on("data", (text: string) => {
        printed[name] += text;
      });
  const input = Object.assign(new PassThrough(), { isTTY: isTerminal, setRawMode: () => undefined });
  if (stdin !== OPEN) input.end(stdin);
  const interrupt = new AbortController();
  const code = run(args, {
    stdin: input,
    stdout: streamTo("stdout"),
    stderr: streamTo("stderr"),
    variables,
    signal: interrupt.signal,
    now: () => Date.now(),
  });
  return {
    printed,
    type: (keys: string) => void input.write(keys),
    isReading: () => input.readableFlowing === true,
    interrupt: () => interrupt.abort(new Interrupted()),
    ended: async () => ({ code: await code, ...printed }),
  };
}

/** Runs the program to its end. */
export function runCli(args: readonly string[], options?: CliOptions) {
  return startCli(args, options).ended();
}
