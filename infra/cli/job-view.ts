import { stateOf } from "../../client/job-state.ts";
import type { Job } from "../../client/types.ts";
import { type Io, isTerminal, paintFor } from "./io.ts";
import { changeLines, conclusionOf, type StepTimes, type Style, stepLines, timeSteps } from "./job-lines.ts";
import { Screen } from "./screen.ts";

/** Shows a job while it runs. */
export interface JobView {
  show(job: Job): void;
  /** Prints what only a person needs to know. */
  say(lines: readonly string[]): void;
  /** Shows what the bank says, and draws nothing until `goOn`, because a prompt is below. */
  pause(words: readonly string[]): void;
  /** Continues after a prompt, which has left these lines on a terminal. */
  goOn(left: readonly string[]): void;
  /** Leaves what is shown as it is, and says how the job ended if there is one. */
  end(job: Job | undefined): void;
}

/** On a terminal, the steps are drawn again with their times; elsewhere, each change is a line. As JSON, each change is one object. */
export function jobView(io: Io, asJson: boolean): JobView {
  if (asJson) return jsonView(io);
  return isTerminal(io.stdout, io) ? terminalView(io) : lineView(io);
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

function jsonView({ stdout, stderr }: Io): JobView {
  return {
    show: (job) => void stdout.write(`${JSON.stringify(job)}\n`),
    say: () => undefined,
    pause: (words) => void stderr.write(textOf(words)),
    goOn: () => undefined,
    end: () => undefined,
  };
}

function lineView({ stdout, now }: Io): JobView {
  const beganAt = now();
  let last: Job | undefined;
  const print = (lines: readonly string[]) => void stdout.write(textOf(lines));
  return {
    show(job) {
      print(changeLines(last, job, now() - beganAt));
      last = job;
    },
    say: print,
    pause: print,
    goOn: () => undefined,
    end: (job) => job !== undefined && print(conclusionOf(job)),
  };
}

/** How often the times of the steps are drawn. */
const TICK_MS = 200;

function terminalView(io: Io): JobView {
  const { stdout, now } = io;
  const screen = new Screen(stdout);
  const paint = paintFor(stdout, io);
  let times: StepTimes = new Map();
  let last: Job | undefined;
  let words: readonly string[] | undefined;
  const draw = () => {
    if (last !== undefined) screen.draw([...stepLines(last, times, now(), paint), ...(words ?? [])]);
  };
  const timer = setInterval(() => words === undefined && draw(), TICK_MS);
  return {
    show(job) {
      times = timeSteps(times, job, now());
      last = job;
      // The prompt is below. It is closed before the next drawing.
      if (words === undefined) draw();
    },
    say(lines) {
      screen.leave();
      stdout.write(textOf(lines));
    },
    pause(said) {
      words = said;
      draw();
    },
    goOn(left) {
      words = undefined;
      screen.replaceToo(left);
      draw();
    },
    end(job) {
      clearInterval(timer);
      if (job !== undefined) draw();
      screen.leave();
      if (job !== undefined) stdout.write(textOf(conclusionOf(job).map((line) => paint(styleOf(job), line))));
    },
  };
}

function styleOf(job: Job): Style {
  const state = stateOf(job);
  if (state === "succeeded") return "good";
  return state === "failed" ? "bad" : "strong";
}
