import type { ConnectionJobsClient } from "../../client/connection-jobs.ts";
import type { Io } from "./io.ts";

/** What a command that calls an API needs. */
export interface Context {
  client: ConnectionJobsClient;
  io: Io;
  asJson: boolean;
  /** Returns what a person types to run another command for the same API. */
  commandLine(command: string): string;
}

/** Prints one JSON object for each entry, or the lines. */
export function print(
  { io, asJson }: Pick<Context, "io" | "asJson">,
  entries: readonly object[],
  lines: readonly string[],
): void {
  const shown = asJson ? entries.map((entry) => JSON.stringify(entry)) : lines;
  io.stdout.write(shown.map((line) => `${line}\n`).join(""));
}
