import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { basiq } from "../../../functions/aggregators/basiq/basiq.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { givingToken, rawUpstream, reply } from "../../support/basiq-replies.ts";
import { gavin, USER_ID } from "../../support/job-examples.ts";

async function answering(...answers: Parameters<typeof rawUpstream>) {
  const raw = await rawUpstream(...answers);
  onTestFinished(raw.close);
  return raw;
}

const sending = (status: number, body: unknown) =>
  answering((response) =>
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body)),
  );

const create = ({ upstream }: Awaited<ReturnType<typeof rawUpstream>>) =>
  upstream.openConnection(USER_ID, "AU00000", gavin);

describe("a request to the aggregator", () => {
  test("carries the login in its body only, and the token in its header only", async () => {
    const raw = await sending(202, { id: "1" });
    const login = {
      ...gavin,
      userToken: new Secret("t"),
      securityCode: new Secret("1"),
      secondaryLoginId: new Secret("2"),
    };
    await raw.upstream.openConnection(USER_ID, "AU00006", login);
    await raw.upstream.updateConnection(USER_ID, "8fce3b", gavin);
    await raw.upstream.refreshConnection(USER_ID, "8fce3b");
    await raw.upstream.answer(USER_ID, "61723", [new Secret("Basiq"), new Secret("AU00000")]);
    const sent = { loginId: "gavinBelson", password: "hooli2016" };
    const path = `/users/${USER_ID}/connections`;
    const calls = raw.calls.map(({ line, authorization, body }) => [line, authorization, body]);
    const posts = calls.filter(([line]) => line !== "POST /token");
    expect(calls.filter((call) => !posts.includes(call))).toEqual([
      ["POST /token", "Basic key", "scope=SERVER_ACCESS"],
      ["POST /token", "Basic key", `scope=CLIENT_ACCESS&userId=${USER_ID}`],
    ]);
    expect(posts.map(([line, key, body]) => [line, key, JSON.parse(body ?? "")])).toEqual([
      [
        `POST ${path}`,
        "Bearer token",
        { ...sent, userToken: "t", securityCode: "1", secondaryLoginId: "2", institution: { id: "AU00006" } },
      ],
      [`POST ${path}/8fce3b`, "Bearer token", sent],
      [`POST ${path}/8fce3b/refresh`, "Bearer token", {}],
      ["POST /jobs/61723/mfa", "Bearer token", { "mfa-response": ["Basiq", "AU00000"] }],
    ]);
  });

  test("cannot be sent to another path by an id", async () => {
    const raw = await sending(404, { data: [{ code: "resource-not-found" }] });
    const { upstream } = raw;
    const [id, shown] = ["../token?x#y", "..%2Ftoken%3Fx%23y"];
    expect(await upstream.institution(id)).toBeUndefined();
    expect(await upstream.connection("a/b", id)).toBeUndefined();
    expect(await upstream.connectionsOf(id)).toEqual([]);
    const refused = [
      () => upstream.job(id),
      () => upstream.jobsOf(id),
      () => upstream.openConnection(id, "AU00000", gavin),
      () => upstream.updateConnection("a/b", id, gavin),
      () => upstream.refreshConnection("a/b", id),
      () => upstream.answer("a/b", id, []),
    ];
    for (const call of refused) await expect(call()).rejects.toThrow(UpstreamRefused);
    expect(raw.lines()).toEqual([
      `GET /institutions/${shown}`,
      `GET /users/a%2Fb/connections/${shown}`,
      `GET /users/${shown}/connections`,
      `GET /jobs/${shown}`,
      `GET /users/${shown}/jobs`,
      `POST /users/${shown}/connections`,
      `POST /users/a%2Fb/connections/${shown}`,
      `POST /users/a%2Fb/connections/${shown}/refresh`,
      `POST /jobs/${shown}/mfa`,
    ]);
  });

  test.each([301, 302, 307, 308])("does not follow a redirect by %i with its login", async (status) => {
    const raw = await answering((response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    await expect(raw.upstream.job("1")).rejects.toThrow(UpstreamUnavailable);
    const lines = [`POST /users/${USER_ID}/connections`, "GET /jobs/1"];
    expect([...new Set(raw.lines())]).toEqual(lines);
  });
});

describe("an answer", () => {
  /** The tokens are named after their scopes. */
  async function answerWhere(statusOfTrade: number, statusOfAnswer: number) {
    const raw = await answering(
      (response, { headers }) => {
        const status = headers.authorization === "Bearer CLIENT_ACCESS" ? statusOfAnswer : 202;
        response.writeHead(status).end(JSON.stringify({ id: "61723", data: [{ code: "x" }] }));
      },
      (response, request) => {
        const [, scope = ""] = /scope=(\w+)/.exec(raw.calls.at(-1)?.body ?? "") ?? [];
        if (scope === "CLIENT_ACCESS") response.writeHead(statusOfTrade);
        givingToken(scope)(response, request);
      },
    );
    const outcome = await raw.upstream
      .answer(USER_ID, "61723", [new Secret("1234")])
      .catch((error: unknown) => error);
    const posts = raw.calls.filter(({ line }) => line === "POST /jobs/61723/mfa");
    return { outcome, tokens: posts.map(({ authorization }) => authorization?.replace("Bearer ", "")) };
  }

  test.each([
    ["taken", 200, 202, ["CLIENT_ACCESS"]],
    ["rejected by 401", 200, 401, ["CLIENT_ACCESS", "SERVER_ACCESS"]],
    ["rejected by 403", 200, 403, ["CLIENT_ACCESS", "SERVER_ACCESS"]],
    ["not issued", 400, 202, ["SERVER_ACCESS"]],
  ])("whose user's token is %s goes out with the tokens of its list: %i %i %j", async (...given) => {
    const [, trade, answer, tokens] = given;
    expect(await answerWhere(trade, answer)).toEqual({ outcome: undefined, tokens });
  });

  test.each([
    ["the aggregator refuses it", 200, 409, ["CLIENT_ACCESS"], UpstreamRefused],
    ["the aggregator fails", 200, 500, ["CLIENT_ACCESS"], UpstreamUnavailable],
    ["the user's token fails", 500, 202, [], UpstreamUnavailable],
  ] as const)("is posted at most once when %s", async (_, trade, answer, tokens, kind) => {
    const found = await answerWhere(trade, answer);
    expect(found.outcome).toBeInstanceOf(kind);
    expect(found.tokens).toEqual(tokens);
  });
});

test("what a bank asks for is requested from its connector in version 3.0", async () => {
  const paths: string[] = [];
  const post = () => expect.unreachable();
  const upstream = basiq(
    {
      get: async (path, read) => {
        paths.push(path);
        return read({ id: "AU00000", authorization: { type: "user-mfa" } }, 200);
      },
      post,
    },
    "3.0",
  );
  expect(await upstream.institution("AU00000")).toMatchObject({ id: "AU00000", authorization: "user-mfa" });
  await expect(upstream.institution("../x")).rejects.toThrow();
  expect(paths).toEqual(["/connectors/AU00000/web", "/connectors/..%2Fx/web"]);
});

describe("a reply of the aggregator", () => {
  test.each([
    [200, { isEarlier: true }],
    [201, {}],
    [202, {}],
  ])("of %i to a login or a refresh names a job that may be earlier: %j", async (status, more) => {
    const { upstream } = await sending(status, { id: "61723" });
    const named = { upstreamJobId: "61723", ...more };
    expect(await upstream.openConnection(USER_ID, "AU00000", gavin)).toEqual(named);
    expect(await upstream.updateConnection(USER_ID, "8fce3b", gavin)).toEqual(named);
    expect(await upstream.refreshConnection(USER_ID, "8fce3b")).toEqual(named);
  });

  test("that does not end is cut off", async () => {
    let sent = 0;
    const raw = await answering((response) => {
      const chunk = Buffer.alloc(256 * 1024, " ");
      const more = () => {
        while (!response.destroyed && sent < 64 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on("drain", more).on("error", () => undefined);
      more();
    });
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    expect(raw.lines()).toHaveLength(1);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("that breaks off is no reply", async () => {
    const raw = await answering((response) => {
      response.writeHead(202, { "content-length": "1000" });
      response.write('{"id":"1"', () => response.destroy());
    });
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    expect(raw.lines()).toHaveLength(1);
  });

  test.each(["{}", '{"id":5}', "null", "", Buffer.from([0xff, 0xfe, 0x00])])(
    "of 202 that accepts no job is no reply: %j",
    async (body) => {
      const raw = await answering((response) => response.writeHead(202).end(body));
      await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
      expect(raw.lines()).toHaveLength(1);
    },
  );

  test("of 400 is a refusal in its words, also as `details`, and none without an error of the aggregator", async () => {
    const words = { code: "parameter-not-valid", title: "Not valid" };
    const refused = await sending(400, { data: [{ ...words, details: "Login is not valid." }] });
    const problem = { ...words, detail: "Login is not valid." };
    await expect(create(refused)).rejects.toMatchObject({ status: 400, problem });
    const { upstream } = refused;
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamRefused);
    await expect(upstream.connectionsOf(USER_ID)).rejects.toThrow(UpstreamRefused);
    await expect(create(await sending(400, { message: "Bad Request" }))).rejects.toThrow(UpstreamUnavailable);
  });

  test("of 404 that is not in the aggregator's words does not say that a connection is unknown", async () => {
    const { upstream } = await sending(404, "<html>Not Found</html>");
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamUnavailable);
  });

  test("that is another connection, or no list, does not say that there is none", async () => {
    const { upstream } = await sending(200, { id: "other", institution: { id: "AU00000" } });
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamUnavailable);
    await expect(upstream.connectionsOf(USER_ID)).rejects.toThrow(UpstreamUnavailable);
  });

  test("with another job than the requested one is no reply", async () => {
    const { upstream } = await sending(200, reply({}));
    await expect(upstream.job("job-1")).rejects.toThrow(UpstreamUnavailable);
    expect(await upstream.job("61723")).toMatchObject({ id: "61723" });
  });

  test("that repeats our token is read without it", async () => {
    const token = "eyJhbGciOiJFUzI1NiJ9.upstream.token";
    const words = { code: "not-valid", title: "Not valid", detail: `authorization: Bearer ${token}` };
    const problem = { ...words, detail: "authorization: Bearer [secret]" };
    for (const [status, body] of [
      [400, { data: [words] }],
      [200, reply({ status: "failed", result: words })],
    ] as const) {
      const raw = await answering(
        (response) => response.writeHead(status).end(JSON.stringify(body)),
        givingToken(token),
      );
      const shown: unknown = await raw.upstream.job("61723").catch((error: unknown) => error);
      expect(shown).toMatchObject(status === 400 ? { problem } : { steps: [{ result: problem }] });
      expect(raw.calls.at(-1)?.authorization).toBe(`Bearer ${token}`);
    }
  });
});

describe("an error of a call to the aggregator", () => {
  test.each([
    ["refused", 400, '{"data":[{"code":"x"}]}', UpstreamRefused],
    ["unusable", 500, "<html>", UpstreamUnavailable],
  ] as const)("that was %s holds nothing of the request", async (_, status, body, kind) => {
    const error: unknown = await create(await sending(status, body)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    const shown = inspect(error, { depth: null, showHidden: true });
    for (const secret of ["gavinBelson", "hooli2016", "Bearer", "token", "key"]) {
      expect(shown.replaceAll(/\(?file:.*$/gm, "")).not.toContain(secret);
    }
  });

  test("that broke off or found no server has no cause, which may quote the request", async () => {
    const broken = await answering((response) => response.destroy());
    const gone = await answering(() => undefined);
    await gone.close();
    for (const call of [() => create(broken), () => broken.upstream.job("1"), () => create(gone)]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UpstreamUnavailable);
      expect(error).not.toHaveProperty("cause");
    }
  });
});
