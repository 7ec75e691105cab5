import type { Job } from "../../jobs/domain/job.ts";
import type { Ports } from "../../jobs/domain/ports.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { MAX_RETURNS, nonceOf } from "../domain/consent-ui.ts";
import type { Link } from "../domain/link.ts";
import { outcomeOf } from "../domain/outcome.ts";
import type { Outcome, Session } from "../domain/session.ts";
import type { FoundLink } from "../domain/use-link.ts";
import { changeLink, findSession, living, type SessionDeps, withJobs } from "./sessions.ts";

export interface ReturnDeps extends SessionDeps {
  jobs: Pick<Ports["jobs"], "find">;
  /** Makes jobs of ours of the jobs that the Consent UI has begun, if they are the user's own and recent. */
  adopt(userId: string, upstreamJobIds: readonly string[]): Promise<readonly Job[]>;
}

/** A way back from the Consent UI, as the browser presents it: all of it comes from outside. */
export interface WayBack {
  cookie: string | undefined;
  state: string | undefined;
  upstreamJobIds: readonly string[];
}

export interface Returned {
  session: Session;
  /** In the order in which the Consent UI named them. */
  jobs: readonly Job[];
  outcome: Outcome;
}

/**
 * Adopts the jobs that a person has begun in the Consent UI. A state works once: with it, a reload shows the same jobs again, and
 * adopts no others. Throws a `Refusal` without the session, or for a state that is not of this session.
 */
export async function returnFromConsentUi(deps: ReturnDeps, way: WayBack): Promise<Returned> {
  const { session, key, link } = await findSession(deps, way.cookie);
  const nonce = nonceOf(way.state, session, key);
  const known = returnIn(link, nonce) ?? returnIn(await adoptOnce(deps, link, nonce, way), nonce);
  const jobIds = known?.jobIds ?? [];
  const found = await Promise.all(jobIds.map((id) => deps.jobs.find(id)));
  const jobs = found.filter((job) => job !== undefined);
  return { session, jobs, outcome: outcomeOf(jobs, known?.isCancelled === true) };
}

function returnIn({ returns }: Link, nonce: string) {
  return returns.find((one) => one.nonce === nonce);
}

/** If two requests present a state at the same time, the jobs of the first one count. */
async function adoptOnce(
  deps: ReturnDeps,
  known: Link,
  nonce: string,
  { upstreamJobIds }: WayBack,
): Promise<Link> {
  const { hash, userId, returns } = known;
  if (returns.length >= MAX_RETURNS) throw new Refusal("state-not-valid");
  const isCancelled = upstreamJobIds.length === 0;
  const adopted = isCancelled ? [] : await deps.adopt(userId, upstreamJobIds);
  const jobIds = adopted.map(({ id }) => id);
  const addReturn = (found: FoundLink): Link => {
    const link = living(found);
    if (returnIn(link, nonce) !== undefined) return link;
    return { ...withJobs(link, jobIds), returns: [...link.returns, { nonce, jobIds, isCancelled }] };
  };
  return changeLink(deps, hash, addReturn, known);
}
