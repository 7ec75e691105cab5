import { describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import { type HttpRequest, readHttpRequest } from "../../functions/http/request.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { pass, passAndSettle } from "../../functions/pass-through/pass.ts";
import { passedCall } from "../../functions/pass-through/passed-call.ts";
import type { PassedCall } from "../../functions/pass-through/passing.ts";
import { replyCache } from "../../functions/pass-through/public.ts";
import { PASSED_ROUTES, type PassedRoute } from "../../functions/pass-through/routes.ts";
import { fakePorts } from "../support/fake-ports.ts";

const USER = "ea3a81";
const SERVER: TokenClaims = { scope: "SERVER_ACCESS", version: "2.1" };
const client = (userId?: string): TokenClaims => ({ scope: "CLIENT_ACCESS", version: "2.1", userId });

function world(caller: TokenClaims, upstreamVersion = "2.1") {
  const ports = fakePorts();
  const sent: PassedCall[] = [];
  const passing = {
    send: async (call: PassedCall) => {
      sent.push(call);
      return { status: 200, body: Buffer.from("{}") };
    },
  };
  const deps = {
    ...ports,
    upstreamVersion,
    passing,
    publicPassing: passing,
    publicReplies: replyCache(ports.clock),
    tokenVerifier: { verify: async () => caller },
  };
  return { ports, sent, run: (route: PassedRoute, request: HttpRequest) => pass(deps, route, request) };
}

const httpRequest = (more: object) =>
  readHttpRequest({ rawPath: "/", requestContext: { http: { method: "GET" } }, ...more });
const requestOf = (parameters: Record<string, string>, more: object = {}) =>
  httpRequest({ headers: { authorization: "Bearer t" }, pathParameters: parameters, ...more });

const refusing = (reason: string) => ({ problems: [{ reason }] });

describe("a route that the deployment's version lacks", () => {
  test.each([
    [PASSED_ROUTES["purge-connection"], "2.1"],
    [PASSED_ROUTES["list-institutions"], "3.0"],
    [PASSED_ROUTES["list-public-connectors"], "3.0"],
  ])("is refused like an unknown one, and nothing is sent: %j in %s", async (route, version) => {
    const { sent, run } = world(SERVER, version);
    await expect(run(route, requestOf({}))).rejects.toMatchObject(refusing("route-not-found"));
    expect(sent).toEqual([]);
  });
});

test("The ids of users and connections are sent in lower case, and all others as they came", async () => {
  const { sent, run } = world(SERVER);
  const ids = { userId: "EA3A81", connectionId: "8FCE3B", accountId: "A1:b", institutionId: "AU00000" };
  for (const name of ["get-connection", "get-account", "get-institution"] as const)
    await run(PASSED_ROUTES[name], requestOf(ids));
  expect(sent.map(({ path }) => path)).toEqual([
    "/users/ea3a81/connections/8fce3b",
    "/users/ea3a81/accounts/A1%3Ab",
    "/institutions/AU00000",
  ]);
});

test.each<[string, TokenClaims, PassedRoute, string]>([
  ["of another user", client("other"), PASSED_ROUTES["get-user"], "token-of-another-user"],
  ["of a user", client(USER), PASSED_ROUTES["list-accounts"], "scope-not-enough"],
  ["of a user", client(USER), PASSED_ROUTES["create-user"], "scope-not-enough"],
  ["of nobody", client(), PASSED_ROUTES["get-user"], "scope-not-enough"],
])("A client token %s is refused, and nothing is sent", async (_, caller, route, reason) => {
  const { sent, run } = world(caller);
  await expect(run(route, requestOf({ userId: USER }))).rejects.toMatchObject(refusing(reason));
  expect(sent).toEqual([]);
});

test("A change of a user counts for the user, a reading does not, and an erased user gets none", async () => {
  const { ports, sent, run } = world(SERVER);
  await run(PASSED_ROUTES["list-accounts"], requestOf({ userId: USER }));
  expect(ports.requestCounts.counts.size).toBe(0);
  await run(PASSED_ROUTES["update-user"], requestOf({ userId: USER }));
  expect(ports.requestCounts.counts.size).toBe(1);
  await ports.erasures.begin(USER);
  const update = run(PASSED_ROUTES["update-user"], requestOf({ userId: USER }));
  await expect(update).rejects.toMatchObject(refusing("user-not-found"));
  expect([ports.requestCounts.counts.size, sent.length]).toEqual([1, 2]);
});

test("A query of 8 KiB passes, and a longer one is refused, also if encoding makes it longer", () => {
  const ask = (rawQueryString: string) =>
    passedCall(PASSED_ROUTES["list-institutions"], httpRequest({ rawQueryString })).query.length;
  expect(ask("q".repeat(8_192))).toBe(8_192);
  for (const long of ["q".repeat(8_193), "é".repeat(1_366)])
    expect(() => ask(long)).toThrow(expect.objectContaining(refusing("query-too-long")));
});

test("A body passes as the client wrote it, if it is a JSON object", () => {
  const post = (body: string, type = "application/json") =>
    passedCall(PASSED_ROUTES["create-user"], httpRequest({ headers: { "content-type": type }, body }));
  expect(post('{ "n": 1.0 }').body).toBe('{ "n": 1.0 }');
  expect(post("", "text/plain").body).toBeUndefined();
  expect(() => post("[1]")).toThrow(Refusal);
  expect(() => post("{}", "text/plain")).toThrow(Refusal);
});

describe("a deletion", () => {
  const call: PassedCall = { method: "DELETE", path: "/users/u", query: "" };
  const settledAfter = async (send: () => Promise<{ status: number; body: Buffer }>) => {
    let settled = 0;
    const settle = async () => void settled++;
    await passAndSettle({ passing: { send } }, call, settle).catch(() => undefined);
    return settled;
  };
  const refused = (status: number) => () =>
    Promise.reject(new Refusal({ reason: "refused-upstream", status }));

  test.each<[string, () => Promise<{ status: number; body: Buffer }>, number]>([
    ["was done", async () => ({ status: 204, body: Buffer.alloc(0) }), 1],
    ["finds nothing any more", refused(404), 1],
    ["is refused", refused(400), 0],
    ["did not reach the aggregator", () => Promise.reject(new Error("down")), 0],
  ])("that %s settles what is ours as often: %#", async (_, send, times) => {
    expect(await settledAfter(send)).toBe(times);
  });
});
