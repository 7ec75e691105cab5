import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { stubListReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI_GOV, LOGINS, RAVIGA } from "../../journeys/logins.ts";
import { target } from "../../journeys/target.ts";
import { callUpstream } from "./mortal-system.ts";
import {
  answer,
  connect,
  create,
  createAsked,
  createPlain,
  type Deed,
  PatientClient,
  refresh,
  serverToken,
  untilOver,
  update,
  upstreamSide,
} from "./patient-client.ts";

const CREATE = "POST /users/*/connections";
const REFRESH = "POST /users/*/connections/*/refresh";
const UPDATE = "POST /users/*/connections/*";
const LIST = "GET /users/*/jobs";

interface Lost {
  /** Whose replies are lost, and how many of each. */
  replies: { readonly [route: string]: number };
  prepare?: Deed;
  ask: Deed;
  /** How often upstream is called for each of these. */
  calls: { readonly [route: string]: number };
}

/** A connection that another program made at upstream. */
let elsewhere = "";
const madeElsewhere: Deed = async ({ target: { sandboxUrl }, userId }) => {
  const upstream = { sandboxUrl, apiUrl: sandboxUrl, apiKey: "key" };
  const other = new PatientClient(upstream, await serverToken(upstream), userId);
  await connect(other);
  const { json } = await other.send("GET", `/users/${userId}/connections`);
  elsewhere = stubListReply.parse(json).data[0]?.id ?? "";
};

/** The first case is the first call of all: its token is cached from then on. */
const LOST: { readonly [reply: string]: Lost } = {
  "a token": { replies: { "POST /token": 1 }, ask: createPlain, calls: { [CREATE]: 1 } },
  "a bank's record": {
    replies: { "GET /institutions/*": 1 },
    ask: (client) => create(client, HOOLI_GOV, LOGINS.gavin),
    calls: { [CREATE]: 1, "GET /institutions/*": 2 },
  },
  "a bank's record, twice": {
    replies: { "GET /institutions/*": 2 },
    ask: (client) => create(client, RAVIGA, { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" }),
    calls: { [CREATE]: 1, "GET /institutions/*": 3 },
  },
  "a login": { replies: { [CREATE]: 1 }, ask: createPlain, calls: { [CREATE]: 1, [LIST]: 1 } },
  "a login and the list that is read then": {
    replies: { [CREATE]: 1, [LIST]: 3 },
    ask: createPlain,
    calls: { [CREATE]: 1, [LIST]: 4 },
  },
  "an update": {
    replies: { [UPDATE]: 1 },
    prepare: connect,
    ask: update,
    calls: { [UPDATE]: 1, [LIST]: 1 },
  },
  "a refresh": {
    replies: { [REFRESH]: 1 },
    prepare: connect,
    ask: refresh,
    calls: { [REFRESH]: 1, [LIST]: 1 },
  },
  "a connection": {
    replies: { "GET /users/*/connections/*": 1 },
    prepare: madeElsewhere,
    ask: (client) => client.begin(`/${elsewhere}/refresh`),
    calls: { [REFRESH]: 1, "GET /users/*/connections/*": 2 },
  },
  "the list of connections": {
    replies: { "GET /users/*/connections": 1 },
    prepare: madeElsewhere,
    ask: (client) => client.refreshAll(),
    calls: { [REFRESH]: 1, "GET /users/*/connections": 2 },
  },
  "six polls": { replies: { "GET /jobs/*": 6 }, ask: createPlain, calls: { [CREATE]: 1 } },
  "an answer": {
    replies: { "POST /jobs/*/mfa": 1 },
    async ask(client) {
      await createAsked(client);
      await answer(client);
    },
    calls: { [CREATE]: 1, "POST /jobs/*/mfa": 1 },
  },
};

const reached = target();
let token = "";

/** The calls that upstream received, without the first ones. */
async function callsSince(start: number): Promise<string[]> {
  const calls = await upstreamSide(reached().sandboxUrl).calls();
  return calls.slice(start).map(({ method, path }) => callUpstream(method, path));
}

describe("when upstream does its work and its reply is lost", () => {
  test.each(Object.entries(LOST))("of %s, the job ends well and nothing is done twice", async (_, lost) => {
    token ||= await serverToken(reached());
    const client = new PatientClient(reached(), token, randomUUID());
    const upstream = upstreamSide(reached().sandboxUrl);
    await lost.prepare?.(client);
    const start = (await upstream.calls()).length;
    await upstream.faults(
      Object.entries(lost.replies).map(([route, times]) => {
        const [method, path] = route.split(" ");
        return { method, path, times, do: { reset: "after" } };
      }),
    );
    await lost.ask(client);
    await untilOver(client);
    await upstream.faults([]);
    const ends = client.seen.at(-1)?.steps.map(({ status }) => status);
    expect(new Set(ends)).toEqual(new Set(["success"]));
    const calls = await callsSince(start);
    const count = (route: string) => calls.filter((call) => call === route).length;
    for (const [route, times] of Object.entries(lost.calls))
      expect([route, count(route)]).toEqual([route, times]);
    for (const [route, times] of Object.entries(lost.replies))
      expect(count(route)).toBeGreaterThanOrEqual(times);
  });

  test("the cases cover every route that is called", async () => {
    const routes = new Set(Object.values(LOST).flatMap(({ replies }) => Object.keys(replies)));
    expect(new Set((await callsSince(0)).filter((call) => !call.includes("/_control")))).toEqual(routes);
  });
});
