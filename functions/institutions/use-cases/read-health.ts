import { isAvailable } from "../../jobs/domain/institution.ts";
import type { Ports } from "../../jobs/domain/ports.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { orWhenUnavailable } from "../../jobs/domain/sending.ts";
import type { InstitutionStates, Traffic, WaitingJobs } from "../domain/ports.ts";
import type { InstitutionState } from "../domain/state.ts";
import { minutesUntil, sumOf, type Tally } from "../domain/traffic.ts";

export interface ReadHealthDeps {
  clock: Pick<Ports["clock"], "now">;
  upstream: Pick<Ports["upstream"], "institution">;
  states: Pick<InstitutionStates, "find">;
  traffic: Pick<Traffic, "read">;
  waitingJobs: WaitingJobs;
}

export interface Health {
  institutionId: string;
  status: InstitutionState["status"];
  /** When the status began. Absent before the first outage, and if only the record that was just read says that it is down. */
  since: string | undefined;
  /** The status in the aggregator's record, and whether a job may run with it. `undefined` if the record could not be read. */
  record: { status: string; isOperational: boolean } | undefined;
  /** The attempts that ended in the last hour. */
  tally: Tally;
  from: string;
  until: string;
  /** To the minute in the last hour. Earlier ones may be ten minutes too early. */
  succeededAt: string | undefined;
  waiting: Awaited<ReturnType<WaitingJobs["count"]>>;
}

/** Returns the health of an institution. Throws a `Refusal` if the aggregator does not know the institution. */
export async function readHealth(deps: ReadHealthDeps, institutionId: string): Promise<Health> {
  const now = deps.clock.now();
  const minutes = minutesUntil(now);
  const [institution, state, counted, waiting] = await Promise.all([
    orWhenUnavailable(deps.upstream.institution(institutionId), "unreadable" as const),
    deps.states.find(institutionId),
    deps.traffic.read(institutionId, minutes),
    deps.waitingJobs.count(institutionId),
  ]);
  if (institution === undefined) throw new Refusal("institution-not-found");
  const record =
    institution === "unreadable"
      ? undefined
      : { status: institution.status, isOperational: isAvailable(institution) };
  const isDown = state.status === "down" || record?.isOperational === false;
  return {
    institutionId,
    status: isDown ? "down" : "up",
    since: isDown === (state.status === "down") ? state.since : undefined,
    record,
    tally: sumOf([...counted.values()]),
    from: startOf(minutes[0] ?? ""),
    until: now.toISOString(),
    succeededAt: lastSuccess(counted, state.succeededAt),
    waiting,
  };
}

function lastSuccess(counted: ReadonlyMap<string, Tally>, noted: string | undefined): string | undefined {
  const successful = [...counted].filter(([, { results }]) => results.succeeded > 0);
  const all = [...successful.map(([minute]) => startOf(minute)), ...(noted === undefined ? [] : [noted])];
  return all.toSorted().at(-1);
}

function startOf(minute: string): string {
  return `${minute}:00.000Z`;
}
