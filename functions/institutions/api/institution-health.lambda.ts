import { authenticateServer } from "../../access/authenticate.ts";
import { apiUrl, healthDeps, once, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { INSTITUTION_ID } from "../../jobs/domain/ids.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { readHealth } from "../use-cases/read-health.ts";
import { renderHealth } from "./replies.ts";

const deps = once(() => ({ ...healthDeps(), tokenVerifier: tokenVerifier() }));

export const handler = apiHandler("institution-health", async (request) => {
  await authenticateServer(deps(), request);
  const institutionId = request.parameter("institutionId");
  if (!INSTITUTION_ID.test(institutionId)) throw new Refusal("institution-not-found");
  return { status: 200, body: renderHealth(await readHealth(deps(), institutionId), apiUrl()) };
});
