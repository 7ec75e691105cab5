import { refuseControl, refuseToken } from "./access-token.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { takeFault } from "./fault.ts";
import { recordCall } from "./ledger.ts";
import { methodNotAllowed, notFound, type Refusal, refusalReply, tooLarge } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import { matchRoute, type Route } from "./routes.ts";
import type { FaultAction, State } from "./state.ts";
import { isUserId } from "./user-id.ts";

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
  if ("refusal" in outcome) {
    return { state: situation.state, reply: refusalReply(outcome.refusal, situation.setting.newId()) };
  }
  const { reply, change } = outcome;
  return { state: change === undefined ? situation.state : { ...situation.state, ...change }, reply };
}

function decide(situation: Situation): Outcome {
  const { method, path, body } = situation.call;
  const match = matchRoute(method, path);
  if (match === undefined) return { refusal: notFound("route") };
  const { route, params, allowed } = match;
  if (route === undefined) return { refusal: methodNotAllowed(allowed) };
  if (body === null) return { refusal: tooLarge };
  const refusal = refuseAccess(situation, route, params);
  if (refusal !== undefined) return { refusal };
  if (route.path.includes(":userId") && !isUserId(params.userId)) return { refusal: notFound("user") };
  return route.answer(situation, params);
}

function refuseAccess(situation: Situation, route: Route, params: Params): Refusal | undefined {
  switch (route.access) {
    case "key":
      return undefined;
    case "control":
      return refuseControl(situation);
    case "token": {
      const job = situation.state.jobs.get(params.jobId);
      return refuseToken(situation, route.token ?? {}, job?.userId ?? params.userId);
    }
  }
}
