import { describe, expect, onTestFinished, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { givingToken, OUR_URL, rawUpstream } from "../support/basiq-replies.ts";

type Answers = Parameters<typeof rawUpstream>;

async function answering(...answers: Answers) {
  const raw = await rawUpstream(...answers);
  onTestFinished(raw.close);
  return raw;
}

const sending = (status: number, body: string, headers: Record<string, string> = {}) =>
  answering((response) => response.writeHead(status, headers).end(body));

const GET = { method: "GET", path: "/users/u/accounts", query: "filter=a.eq('1')" } as const;
const errors = (code: string, more: object = {}) => JSON.stringify({ data: [{ code, title: "T", ...more }] });

async function problemOf(asking: Promise<unknown>) {
  const error = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Refusal ? error.problems : error;
}

describe("a request that passes", () => {
  test("goes to its path with our token upstream, and its query and body as they came", async () => {
    const raw = await sending(201, "{}");
    await raw.passing.send(GET);
    await raw.passing.send({ method: "POST", path: "/users", query: "", body: '{"n": 1.0}' });
    expect(raw.lines()).toEqual(["GET /users/u/accounts?filter=a.eq(%271%27)", "POST /users"]);
    expect(raw.calls.at(-1)).toMatchObject({ authorization: "Bearer token", body: '{"n": 1.0}' });
  });

  test("gets its reply as text, with our address in the place of the aggregator's", async () => {
    const raw = await answering((response) => {
      const slashed = raw.url.replaceAll("/", "\\/");
      const body = `{"n":1.50,"a":"${raw.url}/x","b":"${raw.url}","c":"${slashed}\\/y","d":"${raw.url}.evil.example/"}`;
      response.end(body);
    });
    const { body } = await raw.passing.send(GET);
    const ours = OUR_URL.replaceAll("/", "\\/");
    expect(body.toString()).toBe(
      `{"n":1.50,"a":"${OUR_URL}/x","b":"${OUR_URL}","c":"${ours}\\/y","d":"${raw.url}.evil.example/"}`,
    );
  });

  test("gets no token that the aggregator repeats", async () => {
    const token = "a-token-of-the-aggregator";
    const raw = await answering((response) => void response.end(`{"token":"${token}"}`), givingToken(token));
    expect((await raw.passing.send(GET)).body.toString()).toBe('{"token":"[secret]"}');
  });

  test("is refused in the aggregator's words, with its status and all its errors", async () => {
    const source = { parameter: "filter", pointer: "/filter" };
    const body = `{"data":[{"code":"c1","title":"T1","detail":"D1","source":${JSON.stringify(source)}},{"code":"c2"}]}`;
    const raw = await sending(400, body);
    expect(await problemOf(raw.passing.send(GET))).toEqual([
      {
        reason: "refused-upstream",
        status: 400,
        words: { code: "c1", title: "T1", detail: "D1", source },
      },
      { reason: "refused-upstream", status: 400, words: { code: "c2", title: "c2", detail: "c2" } },
    ]);
  });

  test.each([401, 403])("gets a new token and is sent once more after a %i", async (status) => {
    let refused = 0;
    const raw = await answering((response) => {
      response.writeHead(refused++ === 0 ? status : 200).end('{"data":[]}');
    });
    expect((await raw.passing.send(GET)).status).toBe(200);
    expect(raw.calls.filter(({ line }) => line === "POST /token")).toHaveLength(2);
  });

  test.each([401, 403])("finds the aggregator unavailable after two replies with %i", async (status) => {
    const raw = await sending(status, errors("access-denied"));
    expect(await problemOf(raw.passing.send(GET))).toBeInstanceOf(UpstreamUnavailable);
    expect(raw.lines()).toHaveLength(2);
  });

  test.each<[string, number, string]>([
    ["an error page", 502, "<html>"],
    ["an error of its own", 503, errors("service-unavailable")],
    ["a refusal in another format", 404, "<html>"],
    ["a success that is not JSON", 200, "hello"],
    ["half a reply", 200, '{"type":"list","data":['],
    ["an empty reply", 200, ""],
    ["another address", 302, "{}"],
  ])("finds the aggregator unavailable after %s", async (_, status, body) => {
    const raw = await sending(status, body, status === 302 ? { location: "/elsewhere" } : {});
    expect(await problemOf(raw.passing.send(GET))).toBeInstanceOf(UpstreamUnavailable);
  });

  test("is refused as too large after 16 MB", async () => {
    const raw = await sending(200, `{"a":"${"x".repeat(16 * 1024 * 1024)}"}`);
    expect(await problemOf(raw.passing.send(GET))).toEqual([{ reason: "reply-too-large" }]);
  });
});

test("a 429 stops further requests until its pause has passed, and no request of the other kind", async () => {
  let isLimited = true;
  const raw = await answering((response) => {
    if (isLimited) response.writeHead(429, { "retry-after": "30" }).end(errors("too-many-requests"));
    else response.end("{}");
  });
  const call = { ...GET, path: "/public/institutions" };
  const refusal = [{ reason: "refused-upstream", status: 429, retryAfterSeconds: 30 }];
  expect(await problemOf(raw.publicPassing.send(call))).toMatchObject(refusal);
  isLimited = false;
  expect(await problemOf(raw.publicPassing.send(call))).toMatchObject(refusal);
  expect((await raw.passing.send(GET)).status).toBe(200);
  expect(raw.lines()).toHaveLength(2);
  raw.clock.pass(30_000);
  expect((await raw.publicPassing.send(call)).status).toBe(200);
});

test("a public request carries no token", async () => {
  const raw = await sending(200, "{}");
  await raw.publicPassing.send({ ...GET, path: "/public/institutions" });
  expect(raw.calls).toMatchObject([{ authorization: undefined }]);
});
