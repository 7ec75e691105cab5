import { type CountDeps, countRequest } from "../../access/count-request.ts";
import type { KeptReply, KeyedRequest } from "../domain/idempotency.ts";
import { type OncePerKeyDeps, oncePerKey, type Work } from "./once-per-key.ts";

/** Takes a request that makes jobs for a user. One that comes again with its Idempotency-Key counts again. */
export async function takePost(
  deps: CountDeps & OncePerKeyDeps,
  userId: string,
  keyed: KeyedRequest | undefined,
  work: Work,
): Promise<KeptReply> {
  await countRequest(deps, "user", userId);
  return oncePerKey(deps, keyed, work);
}
