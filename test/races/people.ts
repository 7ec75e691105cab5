import type { TokenClaims } from "../../functions/domain/caller.ts";
import { JobChanged } from "../../functions/domain/errors.ts";
import type { Job } from "../../functions/domain/job.ts";
import { Refusal } from "../../functions/domain/refusal.ts";
import { Secret } from "../../functions/domain/secret.ts";
import { answerChallenge } from "../../functions/use-cases/answer-challenge.ts";
import { cancelJob } from "../../functions/use-cases/cancel-job.ts";
import { resumeJob } from "../../functions/use-cases/resume-job.ts";
import { sweepJob } from "../../functions/use-cases/sweep-job.ts";
import { START } from "../support/fake-clock.ts";
import type { FakePorts } from "../support/fake-ports.ts";
import { JOB_ID, USER_ID } from "../support/job-examples.ts";
import type { RaceWorld } from "./race-world.ts";
import { dyingPorts } from "./scheduled-ports.ts";

const caller: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };
const request = { jobId: JOB_ID, caller };

/** What somebody was told. One whose process died was told nothing. */
export type Told = "accepted" | "refused" | "failed" | "died";

/** Requests, and the sweeper. A process dies after so many calls, if that is said. */
export function people(world: RaceWorld) {
  const { real } = world;

  /** A request that fails or dies is not made again: what it left is the sweeper's. */
  async function ask(run: (ports: FakePorts) => Promise<unknown>, callsUntilDeath = Infinity): Promise<Told> {
    const { ports, death } = dyingPorts(world.ports, callsUntilDeath);
    try {
      return await world.invoke(() => Promise.race([death, run(ports).then(() => "accepted" as const)]));
    } catch (error) {
      if (error instanceof Refusal) return "refused";
      if (error instanceof JobChanged) return "failed";
      throw error;
    }
  }

  return {
    ask,
    answer: (text: string, callsUntilDeath?: number) =>
      ask((ports) => answerChallenge(ports, { ...request, answers: [new Secret(text)] }), callsUntilDeath),
    cancel: (callsUntilDeath?: number) => ask((ports) => cancelJob(ports, request), callsUntilDeath),
    resume: (callsUntilDeath?: number) => ask((ports) => resumeJob(ports, request), callsUntilDeath),
    /** Comes at a bad time: the job is always due. */
    sweep: (callsUntilDeath?: number, jobId = JOB_ID) =>
      ask((ports) => sweepJob(alwaysDue(ports), jobId), callsUntilDeath).then(() => undefined),
    /** Comes as often as it takes, with nobody about. */
    async sweepUp(jobId = JOB_ID): Promise<void> {
      for (let minutes = 0; minutes < 20; minutes++) {
        real.clock.pass(60_000);
        await sweepJob(real, jobId);
        await world.end();
      }
    },
  };
}

function alwaysDue(ports: FakePorts): FakePorts {
  const due = (job: Job | undefined) =>
    job && { ...job, ...(job.sweepAt !== undefined && { sweepAt: START }) };
  const jobs = new Proxy(ports.jobs, {
    get(target, name) {
      if (name === "find") return async (jobId: string) => due(await target.find(jobId));
      return Reflect.get(target, name);
    },
  });
  return { ...ports, jobs };
}
