import * as z from "zod";
import { isPassed, PASSED_ROUTES, type PassedRoute } from "../../../functions/pass-through/routes.ts";
import { HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import { ECHOES } from "./echoing-upstream.ts";
import type { Journey } from "./journeys.ts";
import { idOf, type Visitor } from "./visitor.ts";

/** The routes whose reply has the id that later routes of the table need. A list has it in its first entry. */
const IDS_FROM: { readonly [route: string]: string } = {
  "list-accounts": "accountId",
  "list-transactions": "transactionId",
  "list-identities": "identityId",
  "create-affordability": "snapshotId",
  "create-income": "snapshotId",
  "create-expenses": "snapshotId",
};
const id = z.object({ id: z.string() });
const hasId = z.union([id, z.object({ data: z.tuple([id], id) })]);

/** Sends a request to every route that passes, in the order of the table. Returns the routes whose request was accepted. */
export async function passEverywhere(visitor: Visitor): Promise<string[]> {
  const connectionId = await visitor.connection(await visitor.begin(HOOLI, visitor.login("gavin")));
  const ofBank = { institutionId: HOOLI, connectorId: HOOLI, method: "web" };
  const known = new Map(Object.entries({ userId: visitor.userId, connectionId, ...ofBank }));
  const accepted: string[] = [];
  for (const [name, route] of Object.entries(PASSED_ROUTES)) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, parameter) => known.get(parameter) ?? "none");
    const { status, json } =
      name === "create-statement" ? await uploadTo(visitor) : await sendTo(visitor, route, path);
    if (status < 300) accepted.push(name);
    const { data } = hasId.safeParse(json);
    const parameter = IDS_FROM[name];
    if (data !== undefined && parameter !== undefined)
      known.set(parameter, "id" in data ? data.id : data.data[0].id);
  }
  return accepted;
}

/** The routes that upstream's version has. */
export const ROUTES_OF_VERSION = Object.keys(PASSED_ROUTES).filter(
  (name) => isPassed(name) && PASSED_ROUTES[name].versions !== "3",
);

function sendTo(visitor: Visitor, { method }: Pick<PassedRoute, "method">, path: string) {
  const query = `?q=${encodeURIComponent(visitor.secret("query"))}`;
  const body = method === "POST" ? { mobile: visitor.secret("body") } : undefined;
  return visitor.call(method, `${path}${query}`, body);
}

/** The job is over before the user of the table is erased. */
async function uploadTo(visitor: Visitor) {
  const reply = await visitor.upload(PIED_PIPER, `?q=${encodeURIComponent(visitor.secret("query"))}`);
  await visitor.over(idOf(reply, 202));
  return reply;
}

/** Upstream repeats each request with its token; at the end, it refuses the token and repeats the API key. */
export const echoedPasses: Journey = async (visitor) => {
  const path = `/users/${visitor.userId}`;
  for (const echo of Object.values(ECHOES)) {
    visitor.world.echoing.onPassed(visitor.userId, echo);
    await sendTo(visitor, { method: "GET" }, `${path}/accounts`);
    await sendTo(visitor, { method: "POST" }, path);
  }
  visitor.world.echoing.refusesToken(visitor.userId);
  const { status } = await sendTo(visitor, { method: "GET" }, `${path}/accounts`);
  if (status !== 503) throw new Error(`Expected 503, got ${status}`);
};
