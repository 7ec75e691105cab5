import { authenticate, userOfServer } from "../../access/authenticate.ts";
import { acceptingDeps, jobReplyOptions } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { derivedId } from "../domain/idempotency.ts";
import { takePost } from "../use-cases/once-per-key.ts";
import { refreshConnections } from "../use-cases/refresh-connection.ts";
import { keyedRequest } from "./requests.ts";
import { stubsReply } from "./stubs-reply.ts";

export const handler = apiHandler("refresh-connections", async (request) => {
  const userId = userOfServer(request, await authenticate(acceptingDeps(), request));
  return takePost(acceptingDeps(), userId, keyedRequest(request, userId), {
    run: async (id) => {
      const idFor = (name: string) => derivedId(id, name);
      return stubsReply(await refreshConnections(acceptingDeps(), { userId, idFor }), jobReplyOptions());
    },
    begun: (job) => stubsReply([job], jobReplyOptions()),
  });
});
