import { authenticateServer } from "../../access/authenticate.ts";
import { apiUrl, webhookDeps } from "../../compose.ts";
import { apiHandler, type Reply } from "../../http/api-handler.ts";
import { byRoute } from "../../http/by-route.ts";
import { type HttpRequest, requireJson } from "../../http/request.ts";
import type { RouteName } from "../../routes.ts";
import {
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  rotateSecret,
  updateEndpoint,
} from "../use-cases/manage-endpoints.ts";
import { findMessage, listMessages } from "../use-cases/read-messages.ts";
import { replay, resend } from "../use-cases/send-again.ts";
import { sendTest } from "../use-cases/send-test.ts";
import {
  renderMessage,
  renderMessages,
  renderReplay,
  renderTestMessages,
  renderWebhook,
  renderWebhooks,
  renderWithSecret,
} from "./replies.ts";
import {
  messageOfPath,
  parseMessageList,
  parseReplay,
  parseRotation,
  parseTestMessage,
  parseWebhookRequest,
  parseWebhookUpdate,
  webhookOfPath,
} from "./requests.ts";

type Deps = ReturnType<typeof webhookDeps>;

/** Only a server may call these routes: endpoints get the events of all users. */
function forServers(route: RouteName, answer: (deps: Deps, request: HttpRequest) => Promise<Reply>) {
  return apiHandler(route, async (request) => {
    await authenticateServer(webhookDeps(), request);
    return answer(webhookDeps(), request);
  });
}

function jsonOf(request: HttpRequest): object {
  requireJson(request);
  return request.jsonObject();
}

export const handler = byRoute({
  "create-webhook": forServers("create-webhook", async (deps, request) => {
    const created = await createEndpoint(deps, parseWebhookRequest(jsonOf(request)));
    return { status: 201, body: renderWithSecret(created, apiUrl()) };
  }),

  "list-webhooks": forServers("list-webhooks", async (deps) => ({
    status: 200,
    body: renderWebhooks(await listEndpoints(deps), apiUrl()),
  })),

  "get-webhook": forServers("get-webhook", async (deps, request) => ({
    status: 200,
    body: renderWebhook(await findEndpoint(deps, webhookOfPath(request)), apiUrl()),
  })),

  "update-webhook": forServers("update-webhook", async (deps, request) => {
    const id = webhookOfPath(request);
    const updated = await updateEndpoint(deps, id, parseWebhookUpdate(jsonOf(request)));
    return { status: 200, body: renderWebhook(updated, apiUrl()) };
  }),

  "delete-webhook": forServers("delete-webhook", async (deps, request) => {
    await deleteEndpoint(deps, webhookOfPath(request));
    return { status: 204 };
  }),

  "rotate-webhook-secret": forServers("rotate-webhook-secret", async (deps, request) => {
    const id = webhookOfPath(request);
    const overlapSeconds = parseRotation(request.text() === "" ? {} : jsonOf(request));
    return { status: 200, body: renderWithSecret(await rotateSecret(deps, id, overlapSeconds), apiUrl()) };
  }),

  "list-webhook-messages": forServers("list-webhook-messages", async (deps, request) => {
    const { query } = request;
    const page = await listMessages(deps, webhookOfPath(request), parseMessageList(query));
    const asked = { filter: query("filter"), limit: query("limit"), from: query("from") };
    return { status: 200, body: renderMessages(page, asked, apiUrl()) };
  }),

  "get-webhook-message": forServers("get-webhook-message", async (deps, request) => {
    const found = await findMessage(deps, webhookOfPath(request), messageOfPath(request));
    return { status: 200, body: renderMessage(found, apiUrl()) };
  }),

  "resend-webhook-message": forServers("resend-webhook-message", async (deps, request) => {
    const found = await resend(deps, webhookOfPath(request), messageOfPath(request));
    return { status: 202, body: renderMessage(found, apiUrl()) };
  }),

  "replay-webhook-messages": forServers("replay-webhook-messages", async (deps, request) => {
    const id = webhookOfPath(request);
    return { status: 202, body: renderReplay(await replay(deps, id, parseReplay(jsonOf(request)))) };
  }),

  "send-test-message": forServers("send-test-message", async (deps, request) => {
    const sent = await sendTest(deps, parseTestMessage(jsonOf(request)));
    return { status: 201, body: renderTestMessages(sent, apiUrl()) };
  }),
});
