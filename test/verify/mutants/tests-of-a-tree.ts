import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";

/** What the runner is to run. All paths are absolute. */
export const wantedTests = z.object({
  /** Read these files again: they may have changed since the last run. */
  changed: z.array(z.string()),
  tests: z.array(z.object({ path: z.string(), pattern: z.optional(z.string()) })),
});

/** Where the runner lets Vitest write its report. */
export const REPORT = "coverage/test-report.json";

const RUNNER = join(import.meta.dirname, "runner.ts");

/** Tests of a file, from the root of the tree: those whose titles match the pattern, or all. */
interface WantedTest {
  file: string;
  pattern?: string;
}

/** Runs tests of one tree, one after the other, in one Vitest: to start Vitest takes longer than most tests. */
export class TestsOfATree {
  readonly #folder: string;
  readonly #options: Record<string, unknown>;
  readonly #changed = new Set<string>();
  #runner: ChildProcess | undefined;

  constructor(folder: string, options: Record<string, unknown>) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Vitest reads these files again at the next run. The paths are from the root of the tree. */
  noteChangeOf(files: readonly string[]): void {
    for (const file of files) this.#changed.add(file);
  }

  /** Returns Vitest's report, or undefined if Vitest wrote none within the time. */
  async report(tests: readonly WantedTest[], withinMs: number): Promise<unknown> {
    rmSync(join(this.#folder, REPORT), { force: true });
    this.#runner ??= this.#start();
    this.#runner.send({
      changed: [...this.#changed].map((file) => join(this.#folder, file)),
      tests: tests.map(({ file, ...pattern }) => ({ path: join(this.#folder, file), ...pattern })),
    });
    this.#changed.clear();
    const over = new AbortController();
    const { signal } = over;
    const isDone = await Promise.race([
      once(this.#runner, "message", { signal }).then(() => true),
      once(this.#runner, "exit", { signal }).then(() => false),
      setTimeout(withinMs, false, { signal }),
    ]).finally(() => over.abort());
    if (!isDone) this.end();
    try {
      return JSON.parse(readFileSync(join(this.#folder, REPORT), "utf8"));
    } catch {
      return undefined;
    }
  }

  /** Ends the runner and its workers, of which one may be in a loop that has no end. */
  end(): void {
    const { pid } = this.#runner ?? {};
    this.#runner = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  #start(): ChildProcess {
    process.prependOnceListener("exit", () => this.end());
    return fork(RUNNER, [JSON.stringify(this.#options)], {
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // Its process group has its workers too.
      detached: true,
      env: { NODE_COMPILE_CACHE: join(this.#folder, ".compile-cache"), ...process.env },
    });
  }
}
