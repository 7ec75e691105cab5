import { countUserRequest, type UserCountDeps } from "../../access/rate-limit.ts";
import { DependencyDown } from "../domain/errors.ts";
import {
  fingerprintKeyOf,
  type KeyedRequest,
  mayBeAtWork,
  type Reservation,
  type StoredReply,
} from "../domain/idempotency.ts";
import { type ClaimOn, hasBegun, type Job } from "../domain/job.ts";
import type { JobStore, Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { IDEMPOTENCY_TTL_MS } from "../domain/times-to-live.ts";
import { type RoomDeps, refuseIfFull } from "./accept-job.ts";

export type OncePerKeyDeps = Pick<Ports, "newId" | "clock" | "reservations" | "fingerprints"> & {
  jobs: Pick<JobStore, "find">;
};

export interface Work {
  /** What the job of the request claims, as far as the request says it. */
  claim?: ClaimOn;
  /** Creates the job of this id, or completes the work of an earlier run with the same id. */
  run(jobId: string): Promise<StoredReply>;
  /** Returns the reply of a run whose job has begun. */
  begun(job: Job): StoredReply;
}

/**
 * A repeated request waits this long for the first request, so that a client need not retry after a moment. A scaled
 * clock does not shorten this time, because functions live in real time.
 */
const WAIT_MS = 5_000;
const POLL_MS = 250;

/**
 * Answers a repeated request with its first reply, and executes nothing again. A refused request stores nothing. The
 * next request with the same key completes a request that failed. Throws a `Refusal` if the key belongs to another
 * request, and `DependencyDown` if the first request takes too long.
 */
export async function oncePerKey(
  deps: OncePerKeyDeps,
  request: KeyedRequest | undefined,
  work: Work,
): Promise<StoredReply> {
  if (request === undefined) return work.run(deps.newId());
  let matching: string | undefined;
  let waitingSince: number | undefined;
  for (;;) {
    const found = await deps.reservations.find(request);
    if (found !== undefined && found.jobId !== matching) {
      await requireSame(deps, request, found);
      matching = found.jobId;
    }
    if (found?.reply !== undefined) return found.reply;
    const now = deps.clock.now();
    if (found?.busySince !== undefined && mayBeAtWork(found.busySince, now)) {
      waitingSince ??= now.getTime();
      if (now.getTime() - waitingSince >= WAIT_MS) throw new DependencyDown();
      await deps.clock.sleep(POLL_MS);
    } else {
      const reply = await perform(deps, request, found, work);
      if (reply !== undefined) return reply;
    }
  }
}

async function requireSame(deps: OncePerKeyDeps, request: KeyedRequest, found: Reservation): Promise<void> {
  const ref = fingerprintKeyOf(request, found.jobId);
  if (await deps.fingerprints.matches(ref, request.text, found.fingerprint)) return;
  throw new Refusal({ reason: "idempotency-key-reused", field: "Idempotency-Key" });
}

/** Returns `undefined` if another run wrote the reservation before or during this run. */
async function perform(
  deps: OncePerKeyDeps,
  request: KeyedRequest,
  found: Reservation | undefined,
  work: Work,
): Promise<StoredReply | undefined> {
  const { reservations } = deps;
  const busySince = deps.clock.now().toISOString();
  const mine = { ...(found ?? (await newReservation(deps, request))), writeId: deps.newId(), busySince };
  if (!(await reservations.write(request, mine, found))) return undefined;
  try {
    const job = found && (await deps.jobs.find(mine.jobId));
    const reply = job !== undefined && hasBegun(job) ? work.begun(job) : await work.run(mine.jobId);
    // Return a reply only if it is stored: a repeated request must get the same reply.
    const isStored = await reservations.write(request, { ...mine, writeId: deps.newId(), reply }, mine);
    return isStored ? reply : undefined;
  } catch (error) {
    const free = { ...mine, writeId: deps.newId(), busySince: undefined };
    const left =
      error instanceof Refusal ? reservations.remove(request, mine) : reservations.write(request, free, mine);
    await left.catch(() => undefined);
    throw error;
  }
}

async function newReservation(deps: OncePerKeyDeps, request: KeyedRequest): Promise<Reservation> {
  const jobId = deps.newId();
  const fingerprint = await deps.fingerprints.take(fingerprintKeyOf(request, jobId), request.text);
  const expiresAt = Math.ceil(deps.clock.after(IDEMPOTENCY_TTL_MS).getTime() / 1000);
  return { jobId, fingerprint, writeId: "", expiresAt };
}

/**
 * Counts a request that creates jobs for a user, then executes it once per Idempotency-Key. A
 * repeated request counts again. A new request that finds no room in an overload is refused before that, because a refusal must
 * cost little.
 */
export async function takePost(
  deps: UserCountDeps & OncePerKeyDeps & RoomDeps & Pick<Ports, "claims">,
  userId: string,
  keyed: KeyedRequest | undefined,
  work: Work,
): Promise<StoredReply> {
  const isRepeated = async () => keyed !== undefined && (await deps.reservations.find(keyed)) !== undefined;
  await refuseIfFull(deps, work.claim, isRepeated);
  await countUserRequest(deps, userId);
  return oncePerKey(deps, keyed, work);
}
