import type { EventWriter } from "../../events/domain/ports.ts";
import type { Ports } from "../../jobs/domain/ports.ts";
import { isQueuedUpstream } from "../../jobs/domain/upstream-job.ts";
import { type AdoptDeps, adoptUnseen } from "../../jobs/use-cases/adopt-jobs.ts";
import {
  endJobsOfGoneConnections,
  type GoneDeps,
  openJobsOf,
} from "../../jobs/use-cases/end-gone-connections.ts";
import { inBatches } from "../../jobs/use-cases/in-batches.ts";
import { resumeQueued } from "../../jobs/use-cases/resume-job.ts";
import type { EventSink, UpstreamEvents, UpstreamMessages } from "../domain/ports.ts";
import {
  endsConsent,
  eventFrom,
  isStillActive,
  MAY_APPEAR_MS,
  makesConnection,
  type StoredUpstreamMessage,
  type UpstreamEvent,
} from "../domain/upstream-message.ts";

export interface FetchDeps extends GoneDeps, AdoptDeps {
  messages: UpstreamMessages;
  upstreamEvents: UpstreamEvents;
  jobs: Ports["jobs"];
  executions: Ports["executions"];
  upstream: Pick<Ports["upstream"], "connection" | "job" | "jobsOf">;
  events: EventSink & Pick<EventWriter, "isErased">;
  /** Receives every failure. The message is tried again. */
  onFailure(error: unknown): void;
}

/** The most events that a sweep fetches. The next sweep continues a minute later. */
const AT_A_SWEEP = 200;
const AT_ONCE = 5;

/**
 * Fetches the events that webhooks of the aggregator have reported, and trusts only what it fetched. Stores each as an event of
 * ours, ends the jobs whose connections ended with a consent, continues jobs that the aggregator has held, and adopts the jobs
 * of new connections. A message whose event cannot be fetched waits for the next sweep, behind the others.
 */
export async function fetchUpstreamEvents(deps: FetchDeps): Promise<void> {
  const waiting = await deps.messages.waiting(AT_A_SWEEP);
  await inBatches(waiting, AT_ONCE, async (message) => {
    try {
      await fetchOne(deps, message);
    } catch (error) {
      deps.onFailure(error);
      await deps.messages.postpone(message);
    }
  });
}

async function fetchOne(deps: FetchDeps, message: StoredUpstreamMessage): Promise<void> {
  const event = await deps.upstreamEvents.find(message.eventId);
  const mayAppear = event === undefined && -deps.clock.msUntil(new Date(message.since)) < MAY_APPEAR_MS;
  const isDone = event === undefined ? !mayAppear : await believe(deps, event);
  await (isDone ? deps.messages.finish(message) : deps.messages.postpone(message));
}

/**
 * May be repeated: the event has the same id, a job ends once, and an upstream job is adopted once. Returns false if it has to be
 * repeated.
 */
async function believe(deps: FetchDeps, event: UpstreamEvent): Promise<boolean> {
  if (await deps.events.isErased(event.userId)) return true;
  const ours = eventFrom(event);
  if (ours !== undefined) await deps.events.add(ours);
  if (endsConsent(event)) await endJobsOfConsent(deps, event);
  if (event.entity === "connection") await goOnWithHeldJobs(deps, event);
  return makesConnection(event) ? adoptUnseen(deps, event.userId) : true;
}

/** Continues a job that no longer waits in the aggregator's own queue, without waiting for its next poll. */
async function goOnWithHeldJobs(deps: FetchDeps, { userId }: UpstreamEvent): Promise<void> {
  for (const { id, phase, queue, upstreamJobId } of await openJobsOf(deps, userId)) {
    if (phase !== "queued" || !queue?.isUpstreams || upstreamJobId === undefined) continue;
    if (!isQueuedUpstream(await deps.upstream.job(upstreamJobId))) await resumeQueued(deps, id);
  }
}

/** The aggregator decides: it says whether the consent has ended, and which connections it still has. */
async function endJobsOfConsent(deps: FetchDeps, event: UpstreamEvent): Promise<void> {
  const { userId } = event;
  if (isStillActive(event, await deps.upstreamEvents.consentsOf(userId))) return;
  await endJobsOfGoneConnections(deps, userId);
}
