import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import type { HistoryEvent } from "../../../infra/local/step-functions/execution-history.ts";
import { rowsOfAll } from "../../journeys/local/tables.ts";
import { executionArn } from "../../support/aws-recorder.ts";
import type { MortalSystem } from "./mortal-system.ts";
import type { Played } from "./run-scenario.ts";
import { upstreamSide } from "./upstream-side.ts";

/** When an execution began and ended, in seconds since 1970. */
export interface Driven {
  began: number;
  ended: number | undefined;
}

/** What there is of one user when all is over. */
export interface Aftermath {
  jobs: Job[];
  /** The purposes of the secrets that are left, of any of the user's jobs that ever was. */
  secrets: string[];
  /** By job, its executions in the order of their generations. */
  driven: Map<string, Driven[]>;
  /** Paths that were posted to upstream. */
  posted: string[];
}

const anyRow = z.record(z.string(), z.custom<AttributeValue>());
const secretRow = z.object({ jobId: z.string(), purpose: z.string(), sealed: z.instanceof(Uint8Array) });

/** Many times what the slowest crash needs: a minute until the sweeper looks, and a minute until it comes. */
const NOMINAL_MINUTES = 10;
const LOOKS = 60;

/** Looks until nothing is left to be done for anybody, or for as long as that may take. */
export async function whenQuiet(
  system: MortalSystem,
  played: readonly Played[],
): Promise<Map<string, Aftermath>> {
  const lookEveryMs = Math.max((NOMINAL_MINUTES * 60_000) / system.timeScale / LOOKS, 50);
  for (let looks = 1; ; looks++) {
    const found = await look(system, played);
    const isQuiet = played.every(({ cell, client }) => isOver(found.get(cell.userId), client.acknowledged));
    if (isQuiet || looks === LOOKS) return found;
    await sleep(lookEveryMs);
  }
}

function isOver(found: Aftermath | undefined, acknowledged: ReadonlySet<string>): boolean {
  if (found === undefined || found.secrets.length > 0) return false;
  const ends = [...found.driven.values()].flat().map(({ ended }) => ended);
  const isLeft = (job: Job) => !isFinished(job) || job.sweepAt !== undefined || !acknowledged.has(job.id);
  return !found.jobs.some(isLeft) && !ends.includes(undefined);
}

async function look(system: MortalSystem, played: readonly Played[]): Promise<Map<string, Aftermath>> {
  const rows = (await rowsOfAll()).map((row) => unmarshall(anyRow.parse(row)));
  const jobs = rows.filter(({ pk }) => String(pk).startsWith("job#")).map(parseJobRecord);
  const secrets = rows.flatMap((row) => secretRow.safeParse(row).data ?? []);
  const posted = await upstreamSide(system.target().sandboxUrl).posted();
  return new Map(
    played.map(({ cell }) => {
      const { userId } = cell;
      const mine = jobs.filter((job) => job.userId === userId);
      const known = new Set([...mine.map(({ id }) => id), ...cell.jobIds]);
      return [
        userId,
        {
          jobs: mine,
          secrets: secrets.filter(({ jobId }) => known.has(jobId)).map(({ purpose }) => purpose),
          driven: new Map([...known].map((id) => [id, drivenBy(system, id)])),
          posted: posted.get(userId) ?? [],
        },
      ];
    }),
  );
}

function drivenBy(system: MortalSystem, jobId: string): Driven[] {
  const driven: Driven[] = [];
  for (let generation = 1; ; generation++) {
    const history = historyOf(system, executionName({ id: jobId, generation }));
    if (history === undefined) return driven;
    const end = history.findLast(({ type }) => /^Execution(?!Started)/.test(type));
    driven.push({ began: history[0]?.timestamp ?? 0, ended: end?.timestamp });
  }
}

function historyOf(system: MortalSystem, name: string): readonly HistoryEvent[] | undefined {
  const { stepFunctions, deployed } = system.system();
  const [machine] = deployed.stateMachines;
  try {
    return stepFunctions.history(executionArn(machine?.arn, name));
  } catch {
    return undefined;
  }
}
