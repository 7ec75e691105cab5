import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { ApiError, NetworkError } from "../../../../client/errors.ts";
import type { Job, Step } from "../../../../client/types.ts";
import { EXIT, exitCodeOfError, exitCodeOfJob, Interrupted } from "../../../../infra/cli/exit-codes.ts";
import {
  changeLines,
  conclusionOf,
  type Paint,
  seconds,
  stepLines,
  timeLeft,
  timeSteps,
} from "../../../../infra/cli/job-lines.ts";
import { Screen } from "../../../../infra/cli/screen.ts";
import { UsageError } from "../../../../infra/cli/usage-error.ts";

const plain: Paint = (_, text) => text;

const jobWith = (...steps: Step[]): Job => ({
  type: "job",
  id: "495f2c0f-094d-4ace-a04f-8fffa6aed192",
  created: "2026-01-05T09:00:00Z",
  updated: "2026-01-05T09:00:00Z",
  jobType: "connection",
  steps,
  links: { self: "https://api.example/jobs/1" },
});
const step = (title: string, status: string, result: Step["result"] = null): Step => ({
  title,
  status,
  result,
});
const failed = (code: string) => {
  const detail = "It failed";
  return jobWith(step("verify-credentials", "failed", { code, title: "t", detail, details: detail }));
};
const queued = jobWith(
  step("verify-credentials", "pending", {
    code: "temporary-unavailable-queued",
    title: "t",
    detail: "Job queued, retry in 2 hours.",
    details: "",
    attempt: 2,
    attemptsLeft: 83,
    nextAttemptAt: "2026-01-05T11:00:00Z",
    expiresAt: "2026-01-12T09:00:00Z",
  }),
);
const asking = jobWith(
  step("mfa-challenge", "in-progress", {
    type: "mfa",
    method: "token",
    description: "A code was sent",
    input: ["Code\u001b[31m"],
    expiryMs: 1,
    expiresAt: "2026-01-05T09:02:00Z",
    links: { response: "https://api.example/jobs/1/mfa" },
  }),
);
const done = jobWith(step("verify-credentials", "success"), step("mfa-challenge", "skipped"));

describe("exit codes", () => {
  test.each<[string, Job, number]>([
    ["succeeded", done, EXIT.done],
    ["is queued", queued, EXIT.queued],
    ["was refused by the bank", failed("invalid-credentials"), EXIT.refused],
    [
      "failed with a code that we do not know",
      failed("account-not-accessible-requires-user-action"),
      EXIT.refused,
    ],
    ["was not answered in time", failed("mfa-expired"), EXIT.mfaExpired],
    ["timed out", failed("job-timed-out"), EXIT.timedOut],
    ["was cancelled", failed("job-cancelled"), EXIT.failed],
    ["met a bank that is down", failed("service-unavailable"), EXIT.failed],
    ["waited in the queue for too long", failed("temporary-unavailable"), EXIT.failed],
    ["met an error of ours", failed("internal-server-error"), EXIT.failed],
    ["goes on", asking, EXIT.done],
  ])("A job that %s", (_, job, code) => {
    expect(exitCodeOfJob(job)).toBe(code);
  });

  const refusal = (status: number, code = "forbidden-access") =>
    new ApiError({ status, errors: [{ type: "error", code, title: "t" }] });
  test.each<[string, unknown, number]>([
    ["of usage", new UsageError("x"), EXIT.wrongUsage],
    ["of the network", new NetworkError("https://api.example", ""), EXIT.failed],
    ["that is a refusal", refusal(403), EXIT.refused],
    ["that is an answer too late", refusal(410), EXIT.mfaExpired],
    ["of the API itself", refusal(503), EXIT.failed],
    ["of another server", refusal(404, "unexpected-reply"), EXIT.failed],
    ["that is Ctrl-C", new Interrupted(), EXIT.interrupted],
  ])("An error %s", (_, error, code) => {
    expect(exitCodeOfError(error)).toBe(code);
  });
});

describe("the steps on a terminal", () => {
  test("A step shows the time from its begin to its end, and none before it began", () => {
    const running = jobWith(
      step("verify-credentials", "in-progress"),
      step("retrieve-transactions", "pending"),
    );
    const later = jobWith(
      step("verify-credentials", "success"),
      step("retrieve-transactions", "in-progress"),
    );
    const times = timeSteps(timeSteps(new Map(), running, 1000), later, 3500);
    expect(stepLines(later, times, 4700, plain)).toEqual([
      "verify-credentials    success      2.5 s",
      "retrieve-transactions in-progress  1.2 s",
    ]);
    expect(stepLines(later, times, 99_000, plain).every((line) => line.length <= 40)).toBe(true);
  });

  test("A step that was never seen in progress shows the time since it was last seen pending", () => {
    const pending = jobWith(step("retrieve-accounts", "pending"));
    const ended = jobWith(step("retrieve-accounts", "success"));
    const times = timeSteps(timeSteps(timeSteps(new Map(), pending, 0), pending, 1000), ended, 1800);
    expect(stepLines(ended, times, 9000, plain)).toEqual(["retrieve-accounts success      0.8 s"]);
  });

  test("A step that had ended before the first look has no time, and one that the queue resets begins again", () => {
    const times = timeSteps(new Map(), done, 1000);
    expect(stepLines(done, times, 2000, plain)[0]).toBe("verify-credentials success");
    const again = timeSteps(
      timeSteps(timeSteps(new Map(), asking, 0), jobWith(step("mfa-challenge", "pending")), 5),
      asking,
      9000,
    );
    expect(stepLines(asking, again, 10_000, plain)).toEqual(["mfa-challenge in-progress  1.0 s"]);
  });

  test.each([
    [0, "0.0 s"],
    [99_900, "99.9 s"],
    [99_960, "100 s"],
    [600_000, "10 min"],
    [-5, "0.0 s"],
  ])("%s ms are shown as %s", (ms, text) => {
    expect(seconds(ms)).toBe(text);
  });

  test.each([
    ["2026-01-05T09:02:00Z", "2:00"],
    ["2026-01-05T09:00:00.200Z", "0:01"],
    ["2026-01-05T08:00:00Z", "0:00"],
    ["tomorrow", "0:00"],
  ])("The time until %s is shown as %s", (expiresAt, text) => {
    expect(timeLeft(expiresAt, Date.parse("2026-01-05T09:00:00Z"))).toBe(text);
  });

  test("A drawing replaces the one before, and what a prompt has written below, although lines are broken", () => {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        written.push(String(chunk));
        done();
      },
    });
    const screen = new Screen(Object.assign(stream, { columns: 10 }));
    screen.draw(["1234567890", "12345678901"]);
    screen.draw(["1234567890", "12345678901"]);
    screen.replaceToo(["a prompt of two lines"]);
    screen.draw(["over"]);
    screen.leave();
    screen.draw(["below"]);
    expect(written).toEqual(["1234567890\n1234567890\n1\n", "\u001b[6A\r\u001b[Jover\n", "below\n"]);
  });
});

describe("one line for each change", () => {
  test("The first look prints what has begun, a later one only what differs, without control characters", () => {
    const first = jobWith(step("verify-credentials", "success"), step("retrieve-accounts", "pending"));
    expect(changeLines(undefined, first, 0)).toEqual(["   0.0 s  verify-credentials     success"]);
    expect(changeLines(first, first, 10)).toEqual([]);
    expect(changeLines(undefined, asking, 2600)).toEqual([
      "   2.6 s  mfa-challenge          in-progress, the bank asks: Code [31m",
    ]);
    expect(changeLines(undefined, queued, 0)).toEqual([
      "   0.0 s  verify-credentials     pending, waits in the queue",
    ]);
  });
});

test.each<[string, Job, string[]]>([
  ["succeeded", done, ["The bank is connected."]],
  ["failed", failed("invalid-credentials"), ["verify-credentials failed: It failed. (invalid-credentials)"]],
  [
    "is queued",
    queued,
    [
      "Job queued, retry in 2 hours.",
      "The job waits in the queue. Attempt 2 of 85 is over; the next one is at 2026-01-05T11:00:00Z.",
    ],
  ],
])("The conclusion of a job that %s", (_, job, lines) => {
  expect(conclusionOf(job)).toEqual(lines);
});
