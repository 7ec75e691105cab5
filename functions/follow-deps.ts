import { claims, clock, jobs, policy, refusedLogins, upstream, vault } from "./compose.ts";

/** What every Task needs that follows a job. */
export function followDeps() {
  return {
    clock: clock(),
    jobs: jobs(),
    vault: vault(),
    upstream: upstream(),
    claims: claims(),
    refusedLogins: refusedLogins(),
    policy: policy(),
  };
}
