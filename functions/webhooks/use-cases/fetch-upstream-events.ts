import type { EventWriter } from "../../events/domain/ports.ts";
import { isFinished, type Job } from "../../jobs/domain/job.ts";
import type { Ports } from "../../jobs/domain/ports.ts";
import { isQueuedUpstream } from "../../jobs/domain/upstream-job.ts";
import { type CancelDeps, cancelOpenJob } from "../../jobs/use-cases/cancel-job.ts";
import { inBatches } from "../../jobs/use-cases/in-batches.ts";
import { resumeQueued } from "../../jobs/use-cases/resume-job.ts";
import type { EventSink, UpstreamEvents, UpstreamMessages } from "../domain/ports.ts";
import {
  endsConsent,
  eventFrom,
  isStillActive,
  MAY_APPEAR_MS,
  type StoredUpstreamMessage,
  type UpstreamEvent,
} from "../domain/upstream-message.ts";

export interface FetchDeps extends CancelDeps, Pick<Ports, "clock" | "jobList"> {
  messages: UpstreamMessages;
  upstreamEvents: UpstreamEvents;
  upstream: Pick<Ports["upstream"], "connection" | "job">;
  events: EventSink & Pick<EventWriter, "isErased">;
  /** Receives every failure. The message is tried again. */
  onFailure(error: unknown): void;
}

/** A sweep fetches at most so many events. The next one goes on a minute later. */
const AT_A_SWEEP = 200;
const AT_ONCE = 5;

/** A user has far fewer jobs that have not ended. */
const MAX_JOBS = 100;

/**
 * Fetches the events of which webhooks of the aggregator have told, and believes only what it fetched: stores each as an event
 * of ours, ends the jobs whose connections went with a consent, and goes on with jobs that the aggregator has held. A message whose event cannot be fetched waits for the next
 * sweep, behind the others.
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
  if (event !== undefined) await believe(deps, event);
  const mayAppear = event === undefined && -deps.clock.msUntil(new Date(message.since)) < MAY_APPEAR_MS;
  await (mayAppear ? deps.messages.postpone(message) : deps.messages.finish(message));
}

/** May be repeated: the event has the same id, and a job ends once. */
async function believe(deps: FetchDeps, event: UpstreamEvent): Promise<void> {
  if (await deps.events.isErased(event.userId)) return;
  const ours = eventFrom(event);
  if (ours !== undefined) await deps.events.add(ours);
  if (endsConsent(event)) await endJobsOfGoneConnections(deps, event);
  if (event.entity === "connection") await goOnWithHeldJobs(deps, event);
}

/** A job that waits in the aggregator's own queue goes on now, and not at its next poll, if it does not wait there any more. */
async function goOnWithHeldJobs(deps: FetchDeps, { userId }: UpstreamEvent): Promise<void> {
  for (const { id, phase, queue, upstreamJobId } of await openJobsOf(deps, userId)) {
    if (phase !== "queued" || !queue?.isUpstreams || upstreamJobId === undefined) continue;
    if (!isQueuedUpstream(await deps.upstream.job(upstreamJobId))) await resumeQueued(deps, id);
  }
}

/** The aggregator decides: it says whether the consent has ended, and which connections it still has. */
async function endJobsOfGoneConnections(deps: FetchDeps, event: UpstreamEvent): Promise<void> {
  const { userId } = event;
  if (isStillActive(event, await deps.upstreamEvents.consentsOf(userId))) return;
  for (const { id, connectionId } of await openJobsOf(deps, userId)) {
    if (connectionId === undefined) continue;
    const connection = await deps.upstream.connection(userId, connectionId);
    if (connection === undefined) await cancelOpenJob(deps, id);
  }
}

async function openJobsOf({ jobList }: FetchDeps, userId: string): Promise<Job[]> {
  const wanted = (job: Job) => !isFinished(job) && job.isDropped === undefined;
  const { jobs } = await jobList.page([userId], { limit: MAX_JOBS, from: undefined, wanted });
  return jobs;
}
