import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { rawUpstream } from "../support/basiq-replies.ts";
import { gavin, USER_ID } from "../support/job-examples.ts";

async function answering(...[answer]: Parameters<typeof rawUpstream>) {
  const raw = await rawUpstream(answer);
  onTestFinished(raw.close);
  return raw;
}

const create = (raw: Awaited<ReturnType<typeof rawUpstream>>) =>
  raw.upstream.openConnection(USER_ID, "AU00000", gavin);

describe("a redirect", () => {
  test.each([301, 302, 307, 308])("by %i is never followed: a login goes nowhere else", async (status) => {
    const raw = await answering((response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    await expect(raw.upstream.job("1")).rejects.toThrow(UpstreamUnavailable);
    expect(raw.lines()[0]).toBe(`POST /users/${USER_ID}/connections`);
    expect(raw.lines()).not.toContain("GET /elsewhere");
    expect(raw.lines()).not.toContain("POST /elsewhere");
  });
});

describe("a reply without an end", () => {
  test("is cut off, and is none", async () => {
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

  test("that breaks off in the middle is none", async () => {
    const raw = await answering((response) => {
      response.writeHead(202, { "content-length": "1000" });
      response.write('{"id":"1"', () => response.destroy());
    });
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    expect(raw.lines()).toHaveLength(1);
  });
});

describe("a reply", () => {
  test.each([
    ["no id", "{}"],
    ["a number for an id", '{"id":5}'],
    ["null", "null"],
    ["nothing", ""],
  ])("of 202 with %s is no acceptance", async (_, body) => {
    const raw = await answering((response) => response.writeHead(202).end(body));
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
    expect(raw.lines()).toHaveLength(1);
  });

  test("in bytes that are no text is none", async () => {
    const raw = await answering((response) => response.end(Buffer.from([0xff, 0xfe, 0x00])));
    await expect(raw.upstream.job("1")).rejects.toThrow(UpstreamUnavailable);
  });

  test("of an error with `details` is refused in these words", async () => {
    const data = [{ code: "parameter-not-valid", title: "Not valid", details: "Login is not valid." }];
    const raw = await answering((response) => response.writeHead(400).end(JSON.stringify({ data })));
    await expect(create(raw)).rejects.toMatchObject({
      status: 400,
      problem: { code: "parameter-not-valid", title: "Not valid", detail: "Login is not valid." },
    });
  });

  test("of 400 in no words of upstream's says nothing", async () => {
    const raw = await answering((response) => response.writeHead(400).end('{"message":"Bad Request"}'));
    await expect(create(raw)).rejects.toThrow(UpstreamUnavailable);
  });
});

describe("a request", () => {
  test("carries the login in its body only, and the token in its header only", async () => {
    const raw = await answering((response) => response.writeHead(202).end('{"id":"1"}'));
    await create(raw);
    expect(raw.calls.map(({ line, authorization }) => `${line} ${authorization}`)).toEqual([
      "POST /token Basic key",
      `POST /users/${USER_ID}/connections Bearer token`,
    ]);
    expect(JSON.parse(raw.calls[1]?.body ?? "")).toEqual({
      loginId: "gavinBelson",
      password: "hooli2016",
      institution: { id: "AU00000" },
    });
    expect(raw.calls[0]?.body).toBe("scope=SERVER_ACCESS");
  });

  test("cannot be led astray by an id", async () => {
    const raw = await answering((response) => response.writeHead(404).end());
    await expect(raw.upstream.job("../token?x#y")).rejects.toThrow();
    expect(new Set(raw.lines())).toEqual(new Set(["GET /jobs/..%2Ftoken%3Fx%23y"]));
  });
});

describe("an error", () => {
  test.each([
    ["refused", 400, '{"data":[{"code":"x"}]}', UpstreamRefused],
    ["no use", 500, "<html>", UpstreamUnavailable],
  ] as const)("of a call that was %s holds nothing that was sent", async (_, status, body, kind) => {
    const raw = await answering((response) => response.writeHead(status).end(body));
    const error: unknown = await create(raw).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    const shown = inspect(error, { depth: null, showHidden: true });
    for (const secret of ["gavinBelson", "hooli2016", "Bearer", "token", "key"]) {
      expect(shown.replaceAll(/\(?file:.*$/gm, "")).not.toContain(secret);
    }
  });

  test("of a call that broke off holds nothing either, and no cause: that may quote what was sent", async () => {
    const raw = await answering((response) => response.destroy());
    for (const call of [create(raw), raw.upstream.job("1")]) {
      const error: unknown = await call.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UpstreamUnavailable);
      expect(error).not.toHaveProperty("cause");
    }
  });

  test("of an upstream that is not there is the same", async () => {
    const raw = await rawUpstream(() => undefined);
    await raw.close();
    const error: unknown = await create(raw).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UpstreamUnavailable);
    expect(error).not.toHaveProperty("cause");
  });
});
