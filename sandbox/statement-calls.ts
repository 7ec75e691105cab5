import type { Outcome, Params, Situation } from "./call.ts";
import { institutionById } from "./institutions.ts";
import { jobStub } from "./job-reply.ts";
import { type Part, readParts } from "./multipart.ts";
import { noInstitutionGiven, noStatementGiven, noStatements, notMultipart, notValid } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import type { Job } from "./state.ts";

/** Published: this institution takes no statements. */
const withoutStatements = "AU00000";

/** Starts a job that reads a statement. Its steps are those of a connection. Several may run at the same time. */
export function createStatement(situation: Situation, { userId }: Params): Outcome {
  const { state, now, setting, call } = situation;
  const parts = readParts(call);
  if (parts === undefined) return { refusal: notMultipart };
  const institutionId = parts.get("institutionId")?.content;
  if (institutionId === undefined || institutionId === "") return { refusal: noInstitutionGiven };
  const statement = parts.get("statement");
  if (statement?.fileName === undefined || statement.content === "") return { refusal: noStatementGiven };
  if (institutionById(institutionId) === undefined)
    return { refusal: notValid("Requested institution does not exist.", "institutionId") };
  if (institutionId === withoutStatements) return { refusal: noStatements };
  const job: Job = {
    id: setting.newId(),
    userId,
    connectionId: setting.newId(),
    institutionId,
    isStatement: true,
    createdAt: now,
    startedAt: now,
    timeScale: setting.timeScale,
    verdict: isReadable(statement) ? "accepted" : "statement-not-supported",
    mfa: { kind: "no-step" },
    answer: null,
  };
  return {
    reply: jsonReply(202, jobStub(job.id, setting.baseUrl)),
    change: { jobs: new Map([...state.jobs, [job.id, job]]) },
  };
}

/** Published: a PDF, or a CSV file. */
function isReadable({ content, fileName = "" }: Part): boolean {
  return content.startsWith("%PDF-") || /\.csv$/i.test(fileName);
}
