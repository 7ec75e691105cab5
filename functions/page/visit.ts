import type { TokenClaims } from "../access/caller.ts";
import type { HttpRequest } from "../http/request.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { sessionCookie } from "../links/domain/cookies.ts";
import { type Outcome, returnAddress, type Session } from "../links/domain/session.ts";
import { requireSession, type SessionDeps } from "../links/use-cases/sessions.ts";
import type { PageReply } from "./page-handler.ts";

/** What the pages know of the deployment. */
export interface PageSettings {
  /** The base URL of our API, without a trailing slash. */
  apiUrl: string;
  /** Whether our pages take logins, and not only the aggregator's Consent UI. */
  takesLogins: boolean;
}

export type VisitDeps = SessionDeps & { settings: PageSettings };

/** Returns the session of the browser. Throws a `Refusal` if there is none. */
export function sessionOf(deps: VisitDeps, request: HttpRequest): Promise<Session> {
  return requireSession(deps, sessionCookie(request, deps.settings.apiUrl));
}

/** As {@link sessionOf}, for the pages that take logins. */
export function sessionForLogin(deps: VisitDeps, request: HttpRequest): Promise<Session> {
  if (!deps.settings.takesLogins) throw new Refusal("connects-in-consent-ui");
  return sessionOf(deps, request);
}

/**
 * Returns undefined in place of a session that is over. A browser keeps what it has sent to a page that it shows: a form with secrets
 * therefore leads to a page that says so.
 */
export async function unlessOver(session: Promise<Session>): Promise<Session | undefined> {
  try {
    return await session;
  } catch (error) {
    if (error instanceof Refusal && error.problems[0].reason === "session-not-valid") return undefined;
    throw error;
  }
}

/** A session may do with the jobs of its user what a client token of that user may do. */
export function callerOf({ userId }: Session): TokenClaims {
  return { scope: "CLIENT_ACCESS", version: "3.0", userId };
}

/** Returns where a person goes who leaves without a job. */
export function backWithoutJob(session: Session): string | undefined {
  return returnAddress(session, [], "cancelled");
}

export function backWithJob(session: Session, job: { id: string }, outcome: Outcome): string | undefined {
  return returnAddress(session, [job], outcome);
}

/** After a form, the browser loads another page: so neither a reload nor the button Back sends the form again. */
export function goTo(path: string): PageReply {
  return { status: 303, location: path };
}
