import { setTimeout as sleep } from "node:timers/promises";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS, RAVIGA } from "../../journeys/logins.ts";
import { isOver, isQueued } from "./patient-client.ts";
import { ASKED, answer, create, PENDING, PLAIN, untilOver } from "./playing.ts";
import type { Act, Scenario } from "./scenario.ts";
import type { UpstreamSide } from "./upstream-side.ts";

const LOGIN = { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" };

/** The bank goes down, and the jobs that meet it wait. Each scenario has a bank of its own. */
function queuedAt(id: string, outage: "refuse" | "fail" | "queue"): Act {
  return {
    before: (upstream) => upstream.institution(id, { status: "major-outage", outage }),
    async play(client) {
      const jobId = await create(client, id, LOGIN);
      await client.until(jobId, (steps) => isQueued(steps) || isOver(steps));
    },
  };
}

function backUp(id: string, play: Act["play"]): Act {
  return { before: (upstream) => upstream.institution(id, { status: "operational" }), play };
}

const RESUMED: Scenario = {
  acts: [
    queuedAt(AVIATO, "fail"),
    backUp(AVIATO, async (client) => {
      await client.send("POST", `/jobs/${client.newest()}/resume`);
      await answer(client, ["confirmed"]);
      await untilOver(client);
    }),
  ],
  ends: ASKED,
  aims: (effect, earlier) =>
    [...earlier, effect].includes("resume-job PutItem job accepted") && !effect.startsWith("sweep "),
};

const CANCELLED_IN_QUEUE: Scenario = {
  acts: [
    queuedAt(HOOLI_GOV, "refuse"),
    backUp(HOOLI_GOV, async (client) => {
      await client.send("DELETE", `/jobs/${client.newest()}`);
      await untilOver(client);
    }),
  ],
  ends: ["verify-credentials failed", ...PENDING],
  aims: (effect) => effect.startsWith("cancel-job "),
};

/** A job that waits for its bank, and goes on of itself. */
function retriedAt(id: string, outage: "refuse" | "fail" | "queue", waitMs: number): Scenario {
  const comeBack = async (upstream: UpstreamSide) => {
    await upstream.institution(id, { status: "operational" });
    await sleep(waitMs);
  };
  return {
    acts: [queuedAt(id, outage), { before: comeBack, play: untilOver }],
    ends: PLAIN,
    // A machine that stands still for less than a second lets an attempt's time pass.
    mayEnd: ["verify-credentials failed", ...PENDING],
    isRefused: outage === "refuse",
    // What comes then is as of any job.
    aims: (effect) => effect.startsWith("task ") && !effect.includes("retrieve-"),
  };
}

/** By how upstream says that a bank is down. `waitMs`: until the attempts are made. */
export const retried = (waitMs: number): { readonly [name: string]: Scenario } => ({
  "a create whose login is refused for an outage": retriedAt(HOOLI, "refuse", waitMs),
  "a create whose login is taken, and fails for an outage": retriedAt(HOOLI_GOV, "fail", waitMs),
  "a create that upstream holds itself": retriedAt(RAVIGA, "queue", waitMs),
});

/** Nobody but the sweeper comes back to it for two hours. */
const CLEANED: Scenario = {
  ...CANCELLED_IN_QUEUE,
  first: { effect: "cancel-job StopExecution", nth: 1, when: "before" },
  acts: [
    queuedAt(HOOLI, "refuse"),
    backUp(HOOLI, async (client) => {
      await client.once("DELETE", `/jobs/${client.newest()}`);
      await untilOver(client);
    }),
  ],
  aims: (effect) => effect.startsWith("sweep "),
};

export const TOUCHED_IN_QUEUE: { readonly [name: string]: Scenario } = {
  "a job that is resumed": RESUMED,
  "a job that is cancelled in the queue": CANCELLED_IN_QUEUE,
  "the sweeper that cleans up after a job": CLEANED,
};
