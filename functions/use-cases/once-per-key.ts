import { DependencyDown } from "../domain/errors.ts";
import {
  fingerprintKeyOf,
  type KeptReply,
  type KeyedRequest,
  type Reservation,
} from "../domain/idempotency.ts";
import { hasBegun, type Job } from "../domain/job.ts";
import type { JobRows, Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export type OncePerKeyDeps = Pick<Ports, "newId" | "clock" | "reservations" | "fingerprints"> & {
  jobs: Pick<JobRows, "find">;
};

export interface Work {
  /** Makes the job of this id, or ends what an earlier run with the same id began. */
  run(jobId: string): Promise<KeptReply>;
  /** What a run has to say that had begun this job. */
  begun(job: Job): KeptReply;
}

/** For so long the first reply is given again. */
const KEPT_MS = 24 * 3600 * 1000;

/** An API function lives 29 s: whoever was at work is dead by then. */
const LEASE_MS = 30_000;

/** For 5 s in all. */
const POLL_MS = 250;
const MAX_POLLS = 20;

/**
 * Answers a request that comes again with its key as it was answered first, and without doing anything again. A request that
 * is refused leaves nothing; one that failed is ended by the next one that comes with the key.
 */
export async function oncePerKey(
  deps: OncePerKeyDeps,
  request: KeyedRequest | undefined,
  work: Work,
): Promise<KeptReply> {
  if (request === undefined) return work.run(deps.newId());
  let matching: string | undefined;
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const found = await deps.reservations.find(request);
    if (found !== undefined && found.jobId !== matching) {
      await requireSame(deps, request, found);
      matching = found.jobId;
    }
    if (found?.reply !== undefined) return found.reply;
    if (found === undefined || deps.clock.msUntil(new Date(found.busyUntil)) <= 0) {
      const reply = await perform(deps, request, found, work);
      if (reply !== undefined) return reply;
    } else await deps.clock.sleep(POLL_MS);
  }
  throw new DependencyDown();
}

async function requireSame(deps: OncePerKeyDeps, request: KeyedRequest, found: Reservation): Promise<void> {
  const ref = fingerprintKeyOf(request, found.jobId);
  if (await deps.fingerprints.matches(ref, request.text, found.fingerprint)) return;
  throw new Refusal({ reason: "idempotency-key-reused", field: "Idempotency-Key" });
}

/** Nothing when somebody else came first, or in between. */
async function perform(
  deps: OncePerKeyDeps,
  request: KeyedRequest,
  found: Reservation | undefined,
  work: Work,
): Promise<KeptReply | undefined> {
  const { reservations } = deps;
  const mine = busy(deps, found ?? (await newReservation(deps, request)));
  if (!(await reservations.write(request, mine, found))) return undefined;
  try {
    const job = found && (await deps.jobs.find(mine.jobId));
    const reply = job !== undefined && hasBegun(job) ? work.begun(job) : await work.run(mine.jobId);
    // What nobody can be told again must not be told at all.
    const isKept = await reservations.write(request, { ...mine, writeId: deps.newId(), reply }, mine);
    return isKept ? reply : undefined;
  } catch (error) {
    const isOver = error instanceof Refusal;
    const left = isOver
      ? reservations.remove(request, mine)
      : reservations.write(request, busy(deps, mine, 0), mine);
    await left.catch(() => undefined);
    throw error;
  }
}

async function newReservation(deps: OncePerKeyDeps, request: KeyedRequest): Promise<Reservation> {
  const jobId = deps.newId();
  const fingerprint = await deps.fingerprints.take(fingerprintKeyOf(request, jobId), request.text);
  const expiresAt = Math.ceil(deps.clock.after(KEPT_MS).getTime() / 1000);
  return { jobId, fingerprint, writeId: "", busyUntil: "", expiresAt };
}

function busy(deps: OncePerKeyDeps, reservation: Reservation, ms = LEASE_MS): Reservation {
  return { ...reservation, writeId: deps.newId(), busyUntil: deps.clock.after(ms).toISOString() };
}
