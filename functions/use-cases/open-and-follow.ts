import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import type { Ports } from "../domain/ports.ts";
import { type Followed, followJob } from "./follow-job.ts";
import { openConnection } from "./open-connection.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/** An attempt is tried far more often than a look: what upstream leaves open once the job is there is the next slice's. */
const LATER: Followed = { next: "wait", waitSeconds: 5 };

/** Makes one attempt to open the connection, and follows its job for a first slice. Throws as {@link openConnection} does. */
export async function openAndFollow(deps: Deps, input: { jobId: string }): Promise<Followed> {
  await openConnection(deps, input);
  return orWhenUnavailable(followJob(deps, input), LATER);
}
