import { authenticateServer } from "../../access/authenticate.ts";
import { eventReader, once, replyOptions, tokenVerifier } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { byRoute } from "../../http/by-route.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { EVENT_ID } from "../domain/event.ts";
import { eventTypeOf } from "../domain/event-types.ts";
import { listEvents } from "../use-cases/list-events.ts";
import { renderEvent, renderEventList, renderEventType, renderEventTypes } from "./replies.ts";
import { notValid, parseEventListRequest } from "./requests.ts";

const deps = once(() => ({ events: eventReader(), tokenVerifier: tokenVerifier() }));

export const handler = byRoute({
  "list-events": apiHandler("list-events", async (request) => {
    await authenticateServer(deps(), request);
    const { query } = request;
    const page = await listEvents(deps(), parseEventListRequest(query));
    if (page === undefined) throw notValid("after");
    const asked = { filter: query("filter"), limit: query("limit"), after: query("after") };
    return { status: 200, body: renderEventList(page, asked, replyOptions()) };
  }),

  "get-event": apiHandler("get-event", async (request) => {
    await authenticateServer(deps(), request);
    const id = request.parameter("eventId");
    const event = EVENT_ID.test(id) ? await deps().events.find(id) : undefined;
    if (event === undefined) throw new Refusal("event-not-found");
    return { status: 200, body: renderEvent(event, replyOptions()) };
  }),

  "list-event-types": apiHandler("list-event-types", async (request) => {
    await authenticateServer(deps(), request);
    return { status: 200, body: renderEventTypes(replyOptions().apiUrl) };
  }),

  "get-event-type": apiHandler("get-event-type", async (request) => {
    await authenticateServer(deps(), request);
    const type = eventTypeOf(request.parameter("eventTypeId"));
    if (type === undefined) throw new Refusal("event-type-not-found");
    return { status: 200, body: renderEventType(type, replyOptions().apiUrl) };
  }),
});
