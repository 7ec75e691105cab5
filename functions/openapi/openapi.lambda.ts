import document from "../../docs/openapi.json" with { type: "json" };
import { apiHandler } from "../http/api-handler.ts";
import { replyUnlessKnown, tagged } from "../http/etag.ts";

const DOCUMENT = tagged(document);

export const handler = apiHandler("openapi", async (request) => {
  const { headers, ...reply } = replyUnlessKnown(request, DOCUMENT);
  // Clients may use a copy for five minutes: the document changes only with a deployment.
  return { ...reply, headers: { ...headers, "cache-control": "public, max-age=300" } };
});
