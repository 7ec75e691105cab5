import { describe, expect, test } from "vitest";
import { isFinished, type Job, type Phase } from "../../functions/jobs/domain/job.ts";
import {
  IllegalTransition,
  isLegal,
  type JobEvent,
  TRANSITIONS,
  transition,
} from "../../functions/jobs/domain/transitions.ts";
import { START } from "../support/fake-clock.ts";
import { jobOf, PLAIN, stepsOf } from "../support/job-examples.ts";

const PHASES: { [phase in Phase]: "unfinished" | "terminal" } = {
  accepted: "unfinished",
  opening: "unfinished",
  following: "unfinished",
  challenged: "unfinished",
  "awaiting-answer": "unfinished",
  answered: "unfinished",
  "sending-answer": "unfinished",
  queued: "unfinished",
  succeeded: "terminal",
  failed: "terminal",
};

function keysOf<Key extends string>(record: { [key in Key]: unknown }): Key[] {
  const keys: Key[] = [];
  for (const key in record) keys.push(key);
  return keys;
}

const phases = keysOf(PHASES);
const unfinished = phases.filter((phase) => PHASES[phase] === "unfinished");
const events: JobEvent[] = keysOf(TRANSITIONS);
const pairs = events.flatMap((event) => phases.map((phase) => ({ event, phase })));
const legal = pairs.filter(({ event, phase }) => isLegal(event, phase));
const illegal = pairs.filter(({ event, phase }) => !isLegal(event, phase));

function phaseAfter(event: JobEvent, phase: Phase): Phase {
  const { to } = TRANSITIONS[event];
  return to === "unchanged" ? phase : to;
}

const later = new Date(Date.parse(START) + 1500);
const happen = (event: JobEvent, phase: Phase, now = later, more: Partial<Job> = {}) =>
  transition(jobOf({ phase, version: 7, ...more }), { event, changes: {} }, now);

describe("the table", () => {
  test("allows what the design draws, and nothing else", () => {
    expect(legal.map(({ event, phase }) => `${phase} ${event} ${phaseAfter(event, phase)}`).sort()).toEqual(
      [
        "accepted attemptStarted opening",
        "queued attemptStarted opening",
        "opening loginPosting opening",
        "opening connectionOpened following",
        "accepted attemptHeld queued",
        "opening attemptHeld queued",
        "following attemptHeld queued",
        "awaiting-answer attemptHeld queued",
        "queued attemptHeld queued",
        "following heldUpstream queued",
        "accepted heldUpstream queued",
        "queued heldUpstream queued",
        "queued continuedUpstream following",
        "accepted continuedUpstream following",
        "queued resumed accepted",
        "following stepsProgressed following",
        "following challengeSeen challenged",
        "challenged challengeOpened awaiting-answer",
        "awaiting-answer challengeOpened awaiting-answer",
        "awaiting-answer answerTaken answered",
        "answered answerSending sending-answer",
        "sending-answer answerPosting sending-answer",
        "sending-answer answerSent following",
        "following succeeded succeeded",
        ...unfinished.map((phase) => `${phase} failed failed`),
        ...unfinished.map((phase) => `${phase} restarted ${phase}`),
      ].sort(),
    );
  });

  test.each(legal)("$event in $phase leads on", ({ event, phase }) => {
    const updatedAt = later.toISOString();
    const atItsStep = event === "attemptStarted" ? { stepSince: updatedAt } : {};
    expect(happen(event, phase)).toEqual(
      jobOf({ phase: phaseAfter(event, phase), version: 8, updatedAt, ...atItsStep }),
    );
  });

  test.each(illegal)("$event in $phase is refused", ({ event, phase }) => {
    expect(() => happen(event, phase)).toThrow(IllegalTransition);
  });

  test("has something for every pair", () => {
    expect(legal.length + illegal.length).toBe(events.length * phases.length);
    expect(illegal.length).toBeGreaterThan(legal.length);
  });
});

describe("a transition", () => {
  test.each(legal)("$event in $phase never turns the time of the change back", ({ event, phase }) => {
    const updatedAt = later.toISOString();
    expect(happen(event, phase, new Date(START), { updatedAt }).updatedAt).toBe(updatedAt);
  });

  test("leaves the job before it as it was", () => {
    const before = Object.freeze(jobOf());
    transition(before, { event: "attemptStarted", changes: { attempt: 1 } }, later);
    expect(before).toEqual(jobOf());
  });

  test("takes a field away that is undefined in the changes", () => {
    const before = jobOf({ phase: "following", upstreamJobId: "1" });
    const after = transition(before, { event: "attemptHeld", changes: { upstreamJobId: undefined } }, later);
    expect(after.upstreamJobId).toBeUndefined();
  });
});

describe("the time since when a job is at its step", () => {
  const earlier = "2026-01-05T08:00:00.000Z";
  const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });
  const progress = (steps: Job["steps"], phase: Phase = "following") =>
    transition(
      jobOf({ phase, stepSince: earlier }),
      { event: phase === "following" ? "stepsProgressed" : "loginPosting", changes: { steps } },
      later,
    ).stepSince;

  test.each(["accepted", "queued"] as const)("is the start of an attempt that begins in %s", (phase) => {
    const started = happen("attemptStarted", phase, later, { stepSince: earlier });
    expect(started.stepSince).toBe(later.toISOString());
  });

  test("stays while the step goes on", () => {
    const begun = stepsOf({ ...PLAIN, "verify-credentials": "in-progress" });
    expect(progress(begun)).toBe(earlier);
    expect(progress(begun, "opening")).toBe(earlier);
  });

  test("is the end of the step before", () => {
    expect(progress(verified)).toBe(later.toISOString());
  });

  test("is none for a job that is held or over", () => {
    for (const event of ["attemptHeld", "succeeded", "failed"] as const) {
      expect(happen(event, "following", later, { stepSince: earlier }).stepSince).toBeUndefined();
    }
  });

  test("is not known of a row that was written without it, until its next step", () => {
    expect(happen("stepsProgressed", "following").stepSince).toBeUndefined();
    const next = transition(
      jobOf({ phase: "following" }),
      { event: "stepsProgressed", changes: { steps: verified } },
      later,
    );
    expect(next.stepSince).toBe(later.toISOString());
  });
});

describe("phases", () => {
  test.each(phases)("%s is over exactly when nothing may come any more", (phase) => {
    const isTerminal = PHASES[phase] === "terminal";
    expect(isFinished({ phase })).toBe(isTerminal);
    expect(events.some((event) => isLegal(event, phase))).toBe(!isTerminal);
  });

  test("are all reached from accepted", () => {
    expect([...reachableFrom("accepted")].sort()).toEqual([...phases].sort());
  });

  test.each(unfinished)("%s can reach both ends", (phase) => {
    const reached = reachableFrom(phase);
    expect(reached).toContain("failed");
    expect(reached).toContain("succeeded");
  });
});

function reachableFrom(first: Phase): Set<Phase> {
  const reached = new Set<Phase>([first]);
  for (const phase of reached) {
    for (const event of events.filter((each) => isLegal(each, phase))) {
      reached.add(phaseAfter(event, phase));
    }
  }
  return reached;
}

test("a job that is over keeps nothing that wakes its workflow; one that is not keeps it", () => {
  const sealedTaskToken = "sealed";
  for (const { event, phase } of legal) {
    const after = happen(event, phase, later, { sealedTaskToken });
    expect(after.sealedTaskToken, `${phase} ${event}`).toBe(
      PHASES[after.phase] === "unfinished" ? sealedTaskToken : undefined,
    );
  }
});
