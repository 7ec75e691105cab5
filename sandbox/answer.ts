import { refuseControl, refuseToken } from "./access-token.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { withConsentsOfNew } from "./consents.ts";
import { takeFault } from "./fault.ts";
import { recordCall } from "./ledger.ts";
import { withEventsOf } from "./notifications/events.ts";
import { withMessages } from "./notifications/messages.ts";
import { methodNotAllowed, notFound, type Refusal, refusalReply, tooLarge } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import { matchRoute, type Route } from "./routes.ts";
import type { FaultAction, State } from "./state.ts";
import { isUserId } from "./user-id.ts";
import { userExists, withUser } from "./users.ts";

/** Records a call in the ledger and takes the fault that applies to it, if any. Ignores control calls. */
export function admit(situation: Situation): { state: State; fault: FaultAction | undefined } {
  const { state, call } = situation;
  if (call.path === "/_control" || call.path.startsWith("/_control/")) return { state, fault: undefined };
  const ledger = recordCall(situation, matchRoute(call.method, call.path));
  const taken = takeFault(state.faults, call);
  return { state: { ...state, ledger, faults: taken?.left ?? state.faults }, fault: taken?.hit };
}

/** Answers a call after `admit`, and returns the new state. */
export function answer(situation: Situation): { state: State; reply: Reply } {
  const outcome = decide(situation);
  const reply =
    "refusal" in outcome ? refusalReply(outcome.refusal, situation.setting.newId()) : outcome.reply;
  const { change } = outcome;
  const changed = change === undefined ? situation.state : { ...situation.state, ...change };
  const state = withConsentsOfNew(situation.state, changed, situation.now);
  return { state: situation.setting.notifies === true ? notified(situation, state) : state, reply };
}

/** Adds the events of what the call has changed, and the messages about them. */
function notified({ state: before, call, now, setting }: Situation, after: State): State {
  const isReset = call.method === "DELETE" && call.path === "/_control";
  if (before === after || isReset) return after;
  return withMessages(before, withEventsOf(before, after, now), now, setting.newId);
}

function decide(situation: Situation): Outcome {
  const { method, path, body } = situation.call;
  const match = matchRoute(method, path);
  if (match === undefined) return { refusal: notFound("route") };
  const { route, params, allowed } = match;
  if (route === undefined) return { refusal: methodNotAllowed(allowed) };
  if (route.notifies && situation.setting.notifies !== true) return { refusal: notFound("route") };
  if (body === null) return { refusal: tooLarge };
  const refusal = refuseAccess(situation, route, params);
  if (refusal !== undefined) return { refusal };
  return route.access === "token" && route.path.includes(":userId")
    ? ofUser(situation, route, params)
    : route.answer(situation, params);
}

/** As documented, a user exists from its first POST, also from a refused one, until it is deleted. */
function ofUser(situation: Situation, route: Route, params: Params): Outcome {
  const { userId } = params;
  if (!isUserId(userId)) return { refusal: notFound("user") };
  const state = situation.call.method === "POST" ? withUser(situation.state, userId) : situation.state;
  if (!userExists(state, userId) && !route.takesUnknownUsers) return { refusal: notFound("user") };
  const outcome = route.answer({ ...situation, state }, params);
  return { ...outcome, change: { users: state.users, ...outcome.change } };
}

function refuseAccess(situation: Situation, route: Route, params: Params): Refusal | undefined {
  switch (route.access) {
    case "key":
    case "page":
    case "public":
      return undefined;
    case "control":
      return refuseControl(situation);
    case "token": {
      const job = situation.state.jobs.get(params.jobId);
      return refuseToken(situation, route.token ?? {}, job?.userId ?? params.userId);
    }
  }
}
