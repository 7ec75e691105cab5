import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  ApiError,
  type ConnectionJobsClient,
  connectionJobs,
  NetworkError,
} from "../../../../client/client.ts";
import {
  API_KEY,
  json,
  networkError,
  passing,
  refusal,
  ScriptedApi,
  SUCCEEDED,
  URL_OF_API,
} from "./scripted-api.ts";

let api: ScriptedApi;
let client: ConnectionJobsClient;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-29T05:50:00Z") });
  api = new ScriptedApi();
  client = connectionJobs(api.options);
});
afterEach(() => vi.useRealTimers());

const LOGIN = { userId: "ea3a81", institutionId: "AU00002", loginId: "jared", password: "django" };
const STUB = { type: "job", id: "1", links: { self: `${URL_OF_API}/jobs/1` } };

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return (await passing(work.catch((error: unknown) => error))).value;
}

describe("options", () => {
  test.each([
    "http://api.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost@example.com",
    "https://user@example.com",
    "https://api.example.com/?a=1",
    "https://api.example.com/#a",
    "ftp://api.example.com",
    "",
  ])("the URL %s is refused, and not repeated", (url) => {
    const make = () => connectionJobs({ url, apiKey: API_KEY });
    expect(make).toThrow(/^url must be https/);
    if (url !== "") expect(make).not.toThrow(url);
  });

  test.each([
    "https://api.example.com/",
    "http://localhost:3000",
    "http://127.0.0.1:3000/v1/",
    "http://[::1]:3000",
  ])("the URL %s is taken, with or without a slash at the end", async (url) => {
    const sent: string[] = [];
    const fetch = async (input: unknown) => {
      sent.push(String(input));
      return json(SUCCEEDED);
    };
    await connectionJobs({ url, token: "t", fetch }).job("1");
    expect(sent).toEqual([`${url.replace(/\/$/, "")}/jobs/1`]);
  });

  test.each([
    [{}, "Give either apiKey or token."],
    [{ apiKey: "a", token: "b" }, "Give either apiKey or token."],
    [{ apiKey: "passwört" }, "apiKey must be printable ASCII"],
  ])("the credentials %j are refused, and not repeated", (credentials, message) => {
    const make = () => connectionJobs({ url: URL_OF_API, ...credentials });
    expect(make).toThrow(message);
    expect(make).not.toThrow("passw");
  });
});

describe("tokens", () => {
  test("the key is exchanged once for calls at the same time, and the token is used until a minute before its end", async () => {
    api.reply(json(SUCCEEDED), json(SUCCEEDED), json(SUCCEEDED));
    await Promise.all([client.job("1"), client.job("1")]);
    vi.setSystemTime(new Date("2026-11-29T06:48:59Z"));
    await client.job("1");
    expect(api.lines.filter((line) => line === "POST /token")).toHaveLength(1);
    expect(api.sent[0]).toMatchObject({
      headers: { authorization: `Basic ${API_KEY}`, "basiq-version": "2.1" },
      body: "scope=SERVER_ACCESS",
    });
  });

  test("a token near its end is replaced", async () => {
    api.reply(json(SUCCEEDED), json(SUCCEEDED));
    await client.job("1");
    vi.setSystemTime(new Date("2026-11-29T06:49:00Z"));
    await client.job("1");
    expect(api.sent.map(({ headers }) => headers["authorization"])).toEqual([
      `Basic ${API_KEY}`,
      "Bearer token-1",
      `Basic ${API_KEY}`,
      "Bearer token-2",
    ]);
  });

  test.each([
    [401, "invalid-authorization-token"],
    [403, "access-denied"],
  ])("a token that is refused with %i is replaced once, also for a POST", async (status, code) => {
    api.reply(refusal(status, code), json(STUB, 202));
    await client.resume("1");
    expect(api.lines).toEqual(["POST /token", "POST /jobs/1/resume", "POST /token", "POST /jobs/1/resume"]);
    api.reply(refusal(status, code), refusal(status, code));
    await expect(client.resume("1")).rejects.toMatchObject({ status, code });
  });

  test.each([
    [401, "unauthorized-access"],
    [403, "forbidden-access"],
  ])("%i %s means that the caller may not do this: no other token is asked for", async (status, code) => {
    api.reply(refusal(status, code));
    await expect(client.job("1")).rejects.toMatchObject({ code });
    expect(api.lines).toEqual(["POST /token", "GET /jobs/1"]);
  });

  test("a function for tokens is called again only after the API refused its token", async () => {
    const token = vi.fn(async () => `of-user-${token.mock.calls.length}`);
    const ofUser = connectionJobs({ url: URL_OF_API, token, fetch: api.fetch });
    api.reply(json(SUCCEEDED), json(SUCCEEDED), refusal(403, "access-denied"), json(SUCCEEDED));
    await ofUser.job("1");
    await ofUser.job("1");
    expect(token).toHaveBeenCalledTimes(1);
    await ofUser.job("1");
    expect(api.sent.at(-1)?.headers["authorization"]).toBe("Bearer of-user-2");
  });

  test("a text as a token is not tried twice", async () => {
    const ofUser = connectionJobs({ url: URL_OF_API, token: "of-user", fetch: api.fetch });
    api.reply(refusal(403, "access-denied"));
    await expect(ofUser.job("1")).rejects.toMatchObject({ code: "access-denied" });
    await expect(ofUser.clientToken("ea3a81")).rejects.toThrow("clientToken needs an apiKey.");
  });

  test("a backend gets a token of one user", async () => {
    expect(await client.clientToken("ea 3")).toMatchObject({ access_token: "token-1", expires_in: 3600 });
    expect(api.sent.map(({ body }) => body)).toEqual(["scope=CLIENT_ACCESS&userId=ea%203"]);
  });
});

describe("retries", () => {
  const LATER = { "retry-after": "7" };

  test("a connection is posted again with the same key until a reply comes, and another call has another key", async () => {
    api.reply(networkError(), refusal(500, "internal-server-error"), json(STUB, 202), json(STUB, 202));
    expect((await passing(client.connect(LOGIN))).value).toEqual(STUB);
    await client.connect(LOGIN);
    const keys = api.sent.slice(1).map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
    expect(JSON.parse(api.sent[1]?.body ?? "")).toEqual({
      loginId: "jared",
      password: "django",
      institution: { id: "AU00002" },
    });
  });

  test("a call without a reply is made four times", async () => {
    api.reply(networkError(), networkError(), networkError(), networkError());
    const error = await errorOf(client.job("1"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(String(error)).toContain(`No reply from ${URL_OF_API} (ECONNREFUSED). Check the address`);
    expect(JSON.stringify(error) + String(error)).not.toContain(API_KEY);
    expect(api.lines.filter((line) => line === "GET /jobs/1")).toHaveLength(4);
  });

  test("a request without a reply ends after 40 s", async () => {
    const token = connectionJobs({ url: URL_OF_API, token: "t", fetch: () => new Promise(() => {}) });
    const { value, ms } = await passing(token.resume("1").catch(String));
    expect([value, ms]).toEqual([expect.stringContaining("none within 40 s"), 40_000]);
  });

  test.each([
    ["GET", 503],
    ["GET", 429],
    ["POST", 503],
    ["POST", 429],
  ])("%s: Retry-After of a %i is waited for, since nothing was done", async (method, status) => {
    api.reply(refusal(status, "later", LATER), json(STUB, 202));
    const { ms } = await passing(client.request(method, "/users"));
    expect(ms).toBeGreaterThanOrEqual(7000);
    expect(ms).toBeLessThan(8000);
  });

  test("Retry-After may be a date", async () => {
    api.reply(refusal(429, "later", { "retry-after": "Sun, 29 Nov 2026 05:50:30 GMT" }), json({}));
    const { ms } = await passing(client.request("GET", "/users"));
    expect(ms).toBeGreaterThanOrEqual(30_000);
  });

  test("a longer pause than a minute is not waited for: the error has it", async () => {
    api.reply(refusal(429, "too-many-requests", { "retry-after": "900" }));
    await expect(client.connect(LOGIN)).rejects.toMatchObject({ status: 429, retryAfterSeconds: 900 });
  });

  test.each([networkError(), refusal(500, "internal-server-error"), refusal(503, "service-unavailable")])(
    "a POST that may have arrived is not repeated without a key",
    async (reply) => {
      api.reply(reply);
      await expect(client.resume("1")).rejects.toThrow();
      expect(api.lines).toEqual(["POST /token", "POST /jobs/1/resume"]);
    },
  );

  test("a POST that was not sent, because no token came, is sent later", async () => {
    api.tokenReplies = [networkError()];
    api.reply(json(STUB, 202));
    await passing(client.resume("1"));
    expect(api.lines).toEqual(["POST /token", "POST /token", "POST /jobs/1/resume"]);
  });

  test("a refusal, and a reply that is too large, are not repeated", async () => {
    api.reply(refusal(404, "resource-not-found"), refusal(502, "reply-too-large"));
    await expect(client.job("1")).rejects.toMatchObject({ code: "resource-not-found" });
    await expect(client.request("GET", "/users")).rejects.toMatchObject({ code: "reply-too-large" });
    expect(api.sent).toHaveLength(3);
  });

  test("an abort ends a request and a pause with the reason of the signal", async () => {
    const aborted = new AbortController();
    api.reply(
      (sent) =>
        new Promise((_, reject) => sent.signal?.addEventListener("abort", () => reject(sent.signal?.reason))),
      refusal(503, "later", LATER),
    );
    const calls = [client.job("1", { signal: aborted.signal }), client.job("2", { signal: aborted.signal })];
    const ends = Promise.allSettled(calls);
    await vi.advanceTimersByTimeAsync(100);
    aborted.abort(new Error("enough"));
    expect(await ends).toEqual(Array(2).fill({ status: "rejected", reason: new Error("enough") }));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("errors", () => {
  test("an error has the API's code, texts, field and correlation id, and nothing of the request", async () => {
    const source = { pointer: "connection/loginId", parameter: "loginId" };
    const first = {
      type: "error",
      code: "parameter-not-supplied",
      title: "T",
      detail: "Login ID is required.",
      source,
    };
    const second = { ...first, detail: "Password is required." };
    api.reply(json({ type: "list", correlationId: "c0ffee", data: [first, second] }, 400));
    const error = await errorOf(client.connect(LOGIN));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      name: "ApiError",
      message: "Login ID is required. (400 parameter-not-supplied)",
      status: 400,
      ...{ code: first.code, title: "T", detail: first.detail, source },
      errors: [first, second],
      correlationId: "c0ffee",
    });
  });

  test.each([
    ["a page of a gateway", () => new Response("<html>django</html>", { status: 403 })],
    ["JSON of another API", () => json({ message: "django" }, 400)],
    ["a redirect", () => new Response(null, { status: 307, headers: { location: "https://elsewhere" } })],
    ["no job", () => json({ type: "user" })],
    ["no JSON", () => new Response("django")],
    ["nothing", () => new Response(null, { status: 204 })],
  ])("%s instead of a job is an unexpected reply, which is not repeated", async (_, reply) => {
    api.reply(reply());
    const error = await errorOf(client.job("1"));
    expect(error).toMatchObject({ code: "unexpected-reply" });
    expect(String(error)).toContain("Check the base URL and the versions.");
    expect(String(error)).not.toContain("django");
    expect(api.sent).toHaveLength(2);
  });

  test("a path never leads to another host", async () => {
    await expect(client.request("GET", ".elsewhere.com/")).rejects.toThrow("must begin with a slash");
    await expect(client.request("GET", "@elsewhere.com/")).rejects.toThrow("must begin with a slash");
    expect(api.sent).toEqual([]);
  });

  test("an id never leads to another route", async () => {
    await expect(client.job("..")).rejects.toThrow("An id must not be empty.");
    await expect(client.job("")).rejects.toThrow("An id must not be empty.");
    api.reply(json(SUCCEEDED));
    await client.job("../users?a#b");
    expect(api.lines.at(-1)).toBe("GET /jobs/..%2Fusers%3Fa%23b");
  });
});

describe("lists", () => {
  const page = (ids: string[], next?: string) =>
    json({ type: "list", data: ids.map((id) => ({ id })), links: { self: "s", ...(next && { next }) } });

  async function idsOf(list: AsyncIterable<{ id: string }>): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id } of list) ids.push(id);
    return ids;
  }

  test("a list goes on at the cursor of the next page, on its own base URL", async () => {
    api.reply(page(["1", "2"], "http://inside/users/u/jobs?limit=500&next=2026%3A_2"), page(["3"]));
    expect(await idsOf(client.jobs("u", { institutionId: "AU00002" }))).toEqual(["1", "2", "3"]);
    const filter = "filter=institution.id.eq('AU00002')";
    expect(api.lines.slice(1)).toEqual([
      `GET /users/u/jobs?limit=500&${filter}`,
      `GET /users/u/jobs?limit=500&next=2026%3A_2&${filter}`,
    ]);
  });

  test("a limit ends the list, and no more is asked for", async () => {
    api.reply(
      page(["1", "2"], "http://inside/events?after=2"),
      page(["3", "4"], "http://inside/events?after=4"),
    );
    expect(await idsOf(client.events({ after: "0", limit: 3 }))).toEqual(["1", "2", "3"]);
    expect(api.lines.slice(1)).toEqual(["GET /events?limit=3&after=0", "GET /events?limit=1&after=2"]);
  });

  test("following survives failures of minutes once it has begun, but not at its first request", async () => {
    api.reply(page(["1"]), ...Array(14).fill(networkError()), page(["2"]));
    expect((await passing(idsOf(client.events({ limit: 2, follow: true })))).value).toEqual(["1", "2"]);
    api.reply(...Array(4).fill(networkError()));
    await expect(passing(idsOf(client.events({ follow: true })))).rejects.toThrow(NetworkError);
  });

  test("events are followed after the last one, also if the first page is empty", async () => {
    api.reply(page([]), page(["1"]), page(["2"]));
    const { value, ms } = await passing(idsOf(client.events({ after: "0", limit: 2, follow: true })));
    expect([value, ms]).toEqual([["1", "2"], 10_000]);
    expect(api.lines.slice(1)).toEqual([
      "GET /events?limit=2&after=0",
      "GET /events?limit=2&after=0",
      "GET /events?limit=1&after=1",
    ]);
  });
});
