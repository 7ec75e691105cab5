import type { KeptReply, KeyedRequest } from "../../functions/jobs/domain/idempotency.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import type { Work } from "../../functions/jobs/use-cases/once-per-key.ts";
import { USER_ID } from "./job-examples.ts";

interface Example {
  text?: string;
  key?: string;
  userId?: string;
}

export function keyed({ text = "POST /a\n{}", key = "k-1", userId = USER_ID }: Example = {}): KeyedRequest {
  return { userId, key, text: new Secret(text) };
}

export interface CountedWork extends Work {
  /** Of each run, the id that it was given. */
  readonly runs: string[];
}

/** Work that says whose it is and how often it ran, or fails as it is told to. */
export function countedWork(fail?: (jobId: string) => Promise<unknown>, by = "one"): CountedWork {
  const runs: string[] = [];
  return {
    runs,
    run: async (jobId): Promise<KeptReply> => {
      runs.push(jobId);
      await fail?.(jobId);
      return { status: 202, body: { type: "job", by, run: runs.length, id: jobId }, jobId };
    },
    begun: ({ id }) => ({ status: 202, body: { type: "job", id }, jobId: id }),
  };
}
