import { authenticate, userOfServer } from "../../access/authenticate.ts";
import { apiUrl, manageLinksDeps } from "../../compose.ts";
import { apiHandler, type Reply } from "../../http/api-handler.ts";
import { byRoute } from "../../http/by-route.ts";
import type { HttpRequest } from "../../http/request.ts";
import type { RouteName } from "../../routes.ts";
import { createLink, deleteLink, findLink } from "../use-cases/manage-links.ts";
import { renderAuthLink } from "./replies.ts";
import { parseAuthLinkRequest } from "./requests.ts";

type Deps = ReturnType<typeof manageLinksDeps>;

/** Only a server may call these routes: a link lets a person act for its user. */
function forServers(
  route: RouteName,
  answer: (deps: Deps, userId: string, request: HttpRequest) => Promise<Reply>,
) {
  return apiHandler(route, async (request) => {
    const userId = userOfServer(request, await authenticate(manageLinksDeps(), request));
    return answer(manageLinksDeps(), userId, request);
  });
}

export const handler = byRoute({
  "create-auth-link": forServers("create-auth-link", async (deps, userId, request) => {
    // Published: the body is optional. Published clients send it with any content type.
    const wanted = parseAuthLinkRequest(request.text() === "" ? {} : request.jsonObject());
    const link = await createLink(deps, userId, wanted);
    return { status: 201, body: renderAuthLink(userId, link, apiUrl()) };
  }),

  "get-auth-link": forServers("get-auth-link", async (deps, userId) => ({
    status: 200,
    body: renderAuthLink(userId, await findLink(deps, userId), apiUrl()),
  })),

  "delete-auth-link": forServers("delete-auth-link", async (deps, userId) => {
    await deleteLink(deps, userId);
    return { status: 204 };
  }),
});
