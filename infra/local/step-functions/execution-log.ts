import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";

const executionEnd = z.object({
  status: z.enum(["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"]),
  /** Seconds since 1970. */
  stopDate: z.number(),
  /** JSON text. */
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
const startedExecution = z.object({
  executionArn: z.string(),
  stateMachineArn: z.string(),
  name: z.string(),
  /** JSON text, exactly as the caller sent it. */
  input: z.string(),
  /** Seconds since 1970. */
  startDate: z.number(),
});
const line = z.union([
  z.object({ started: startedExecution }),
  z.object({ ended: executionEnd, executionArn: z.string() }),
]);

export type ExecutionEnd = z.infer<typeof executionEnd>;
export type StartedExecution = z.infer<typeof startedExecution>;

/** Stores executions across restarts, in a file with one line for each start and one line for each end. */
export class ExecutionLog {
  readonly #file: string;
  /** The executions in the file, oldest first. */
  readonly remembered: readonly (StartedExecution & { end?: ExecutionEnd })[];

  /**
   * Rewrites the file with all running executions and the newest `keepEnded` ended executions.
   *
   * @throws an `Error` if a line of the file is not valid.
   */
  constructor(file: string, keepEnded: number) {
    this.#file = file;
    const all = readLog(file);
    const stored = new Set(all.filter(({ end }) => end !== undefined).slice(-keepEnded));
    this.remembered = all.filter((execution) => execution.end === undefined || stored.has(execution));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, this.remembered.map(linesOf).join(""));
    renameSync(`${file}.new`, file);
  }

  started(execution: StartedExecution): void {
    appendFileSync(this.#file, linesOf(execution));
  }

  ended(executionArn: string, end: ExecutionEnd): void {
    appendFileSync(this.#file, `${JSON.stringify({ ended: end, executionArn })}\n`);
  }
}

function linesOf(execution: StartedExecution & { end?: ExecutionEnd }): string {
  const { end, ...started } = execution;
  const lines = [{ started }, ...(end ? [{ ended: end, executionArn: execution.executionArn }] : [])];
  return lines.map((each) => `${JSON.stringify(each)}\n`).join("");
}

function readLog(file: string): (StartedExecution & { end?: ExecutionEnd })[] {
  if (!existsSync(file)) return [];
  const executions = new Map<string, StartedExecution & { end?: ExecutionEnd }>();
  const lines = readFileSync(file, "utf8").split("\n");
  for (const [index, text] of lines.entries()) {
    // The text after the last line break is empty, or it is a line that a crash left incomplete.
    if (index === lines.length - 1) break;
    const entry = parseLine(text, `${file}:${index + 1}`);
    if ("started" in entry) executions.set(entry.started.executionArn, entry.started);
    else {
      const execution = executions.get(entry.executionArn);
      if (execution !== undefined) execution.end = entry.ended;
    }
  }
  return [...executions.values()];
}

function parseLine(text: string, place: string): z.infer<typeof line> {
  try {
    return line.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${place} is not a line of an execution log.`, { cause: error });
  }
}
