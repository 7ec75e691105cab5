import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UpstreamRefused } from "../../../functions/domain/errors.ts";
import { isFinished } from "../../../functions/domain/job.ts";
import { packLogin } from "../../../functions/domain/login.ts";
import { loginOf } from "../../../functions/domain/secret-refs.ts";
import { isOver } from "../../../functions/domain/steps.ts";
import { type CrashPoint, crashingPorts } from "../../support/crashing-ports.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import {
  gavin,
  JOB_ID,
  jobOf,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  WITH_MFA,
} from "../../support/job-examples.ts";
import { driveJob, type User } from "../../support/workflow-driver.ts";

const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
const asking = (updated: string) =>
  lookOf(
    { ...verified, "mfa-challenge": "in-progress" },
    { challenge: { ...question, input: ["Code"] }, updated },
  );
const deciding = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { updated: "later" });
const allDone = lookOf({ ...done, "mfa-challenge": "success" });
const outage = new UpstreamRefused(503, { code: "service-unavailable", title: "Down", detail: "Down" });

interface Story {
  name: string;
  user?: User;
  /** Logins that upstream may take: one per attempt that reaches it. */
  logins: number;
  answers: string[];
  phase: "succeeded" | "failed";
  set(ports: FakePorts): void;
}

const looks = (ports: FakePorts, ...all: (typeof deciding)[]) => ports.upstream.script.looks.push(...all);

const stories: Story[] = [
  {
    name: "a plain job",
    logins: 1,
    answers: [],
    phase: "succeeded",
    set: (ports) =>
      looks(ports, lookOf(PLAIN), lookOf({ ...PLAIN, "verify-credentials": "success" }), lookOf(done)),
  },
  {
    name: "a job whose login's and answer's replies are lost",
    user: ["1234"],
    logins: 1,
    answers: ["1234"],
    phase: "succeeded",
    set: (ports) => {
      looks(ports, asking("u1"));
      ports.upstream.script.openings.push("reply-lost");
      ports.upstream.script.answers.push("reply-lost");
      ports.upstream.script.looksAfterAnswer.push([deciding, allDone]);
    },
  },
  {
    name: "a job whose login arrives when nobody waits for the reply any more",
    logins: 1,
    answers: [],
    phase: "succeeded",
    set: (ports) => {
      looks(ports, lookOf(done));
      ports.upstream.script.openings.push("under-way");
    },
  },
  {
    name: "a job with two challenges",
    user: ["1234", "5678"],
    logins: 1,
    answers: ["1234", "5678"],
    phase: "succeeded",
    set: (ports) => {
      looks(ports, asking("u1"));
      ports.upstream.script.looksAfterAnswer.push([deciding, asking("u2")], [deciding, allDone]);
    },
  },
  {
    name: "a job whose challenge nobody answers",
    logins: 1,
    answers: [],
    phase: "failed",
    set: (ports) => looks(ports, asking("u1")),
  },
  {
    name: "a job that meets an outage, twice held",
    logins: 1,
    answers: [],
    phase: "succeeded",
    set: (ports) => {
      looks(ports, lookOf(done));
      ports.upstream.script.openings.push(outage);
      const bank = ports.upstream.institutions.get("AU00000");
      const back = ports.clock.after(10_000_000);
      ports.upstream.institution = async () =>
        bank && { ...bank, status: ports.clock.now() < back ? "major-outage" : "operational" };
    },
  },
];

async function live(story: Story, points: readonly CrashPoint[]) {
  const real = fakePorts();
  story.set(real);
  real.jobs.put(jobOf({ steps: stepsOf(story.user === undefined ? PLAIN : WITH_MFA) }));
  await real.vault.keep(loginOf(jobOf()), packLogin(gavin), real.clock.after(30 * 24 * 3600_000));
  const { ports, counter } = crashingPorts(real, points);
  await driveJob(ports, [...(story.user ?? [])]);
  return { real, calls: counter.calls };
}

function expectInvariants(story: Story, { upstream, jobs, vault }: FakePorts) {
  expect(jobs.row(JOB_ID).phase).toBe(story.phase);
  expect(upstream.done("openConnection")).toHaveLength(story.logins);
  expect(upstream.done("answer").map(({ sent }) => sent[0])).toEqual(story.answers);
  expect(vault.names()).toEqual([]);
  expect(jobs.written.filter(isFinished)).toHaveLength(1);
  for (const [index, after] of jobs.written.entries()) {
    const before = jobs.written[index - 1];
    if (before === undefined) continue;
    expect(after.version).toBe(before.version + 1);
    for (const step of before.steps.filter(({ status }) => isOver(status))) {
      expect(after.steps).toContainEqual(step);
    }
  }
}

describe.each(stories)("$name", (story) => {
  test("goes well when nothing dies", async () => {
    expectInvariants(story, (await live(story, [])).real);
  });

  test.each(["before", "after"] as const)(
    "goes well whichever call dies just %s its effect",
    async (when) => {
      const { calls } = await live(story, []);
      expect(calls).toBeGreaterThan(8);
      for (let call = 0; call < calls; call++) {
        const { real } = await live(story, [{ call, when }]);
        expectInvariants(story, real);
      }
    },
  );

  test("goes well when many calls die", async () => {
    const point = fc.record({
      call: fc.nat({ max: 60 }),
      when: fc.constantFrom<CrashPoint["when"]>("before", "after"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(point, { maxLength: 12 }), async (points) => {
        expectInvariants(story, (await live(story, points)).real);
      }),
      { numRuns: 100 },
    );
  });
});
