import { countUserRequest } from "../access/rate-limit.ts";
import { adoptDeps, once, passDeps, replyOptions } from "../compose.ts";
import { apiHandler } from "../http/api-handler.ts";
import { renderJobStub } from "../jobs/api/replies.ts";
import { adoptStatement } from "../jobs/use-cases/adopt-jobs.ts";
import { checkCaller } from "./pass.ts";
import { PASSED_ROUTES } from "./routes.ts";
import { MAX_STATEMENT_BYTES, readStatement, upstreamJobIn } from "./statement.ts";

const deps = once(() => ({ ...passDeps(), ...adoptDeps() }));

const ROUTE = PASSED_ROUTES["create-statement"];

/** The aggregator's job becomes ours, so that its reply is ours too. */
export const handler = apiHandler(
  "create-statement",
  async (request) => {
    const userId = await checkCaller(deps(), ROUTE, request);
    const { institutionId, call } = readStatement(ROUTE, request);
    await countUserRequest(deps(), userId);
    const upstreamJobId = upstreamJobIn(await deps().passing.send(call));
    const job = await adoptStatement(deps(), { userId, upstreamJobId, institutionId });
    return { status: 202, body: renderJobStub(job, replyOptions()), jobId: job.id };
  },
  { bodyLimit: { bytes: MAX_STATEMENT_BYTES, reason: "statement-too-large" } },
);
