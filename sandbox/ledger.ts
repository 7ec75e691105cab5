import type { Situation } from "./call.ts";
import { institutionIdOf } from "./connection-request.ts";
import { institutionById } from "./institutions.ts";
import { readObject } from "./json-body.ts";
import type { Match } from "./routes.ts";
import type { LedgerCall } from "./state.ts";
import { isUserId } from "./user-id.ts";

/** About 4 MB, which is what the deployed sandbox returns. */
const maxCalls = 20_000;
/** All paths of the sandbox are shorter. */
const maxPathChars = 256;

/** Returns the ledger with the call appended. The ledger holds the newest 20,000 calls. */
export function recordCall(situation: Situation, match: Match | undefined): readonly LedgerCall[] {
  const { state, call, now } = situation;
  const entry: LedgerCall = {
    at: new Date(now).toISOString(),
    method: call.method,
    path: call.path.slice(0, maxPathChars),
    ...aboutWhom(situation, match),
  };
  return [...state.ledger.slice(1 - maxCalls), entry];
}

function aboutWhom(
  situation: Situation,
  match: Match | undefined,
): Pick<LedgerCall, "userId" | "institutionId"> {
  if (match === undefined) return { userId: null, institutionId: null };
  const { userId, connectionId, jobId, institutionId } = match.params;
  const connection = situation.state.connections.get(connectionId);
  const isTheirs = connection !== undefined && connection.userId === userId;
  const job = situation.state.jobs.get(jobId);
  const named =
    institutionId || (match.route?.path.endsWith("/connections") ? institutionInBody(situation) : "");
  return {
    userId: job?.userId ?? (isUserId(userId) ? userId : null),
    institutionId:
      job?.institutionId ??
      (isTheirs ? connection.institutionId : undefined) ??
      institutionById(named)?.id ??
      null,
  };
}

/** The ledger stores no text from a body except the id of a known institution. */
function institutionInBody({ call }: Situation): string {
  const body = readObject(call);
  return "value" in body ? (institutionIdOf(body.value) ?? "") : "";
}
