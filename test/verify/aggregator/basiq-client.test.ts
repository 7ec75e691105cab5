import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { cachedInstitutions } from "../../../functions/aggregators/cached-institutions.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { secretsManagerSecret } from "../../../functions/platform/secrets-manager.ts";
import { startSecretsManager } from "../../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import { type BasiqSandbox, basiqSandbox, type Fault } from "../../support/basiq-replies.ts";
import { gavin, USER_ID } from "../../support/job-examples.ts";
import { sdkSettings } from "../../support/local-workflow.ts";

let bank: BasiqSandbox;
beforeEach(async () => {
  bank = await basiqSandbox();
});
afterEach(async () => {
  vi.useRealTimers();
  await bank.close();
});

const LIST = `/users/${USER_ID}/jobs`;
const CREATE = `/users/${USER_ID}/connections`;
const list = () => bank.upstream.jobsOf(USER_ID);
const create = () => bank.upstream.openConnection(USER_ID, "AU00000", gavin);
const count = async (call: string) => (await bank.calls()).filter((each) => each === call).length;
const postsMeet = (fault: Fault["do"], times = 1) =>
  bank.setFaults({ method: "POST", path: CREATE, times, do: fault });
const getsMeet = (fault: Fault["do"], times = 1) =>
  bank.setFaults({ method: "GET", path: LIST, times, do: fault });

async function connected() {
  const { upstreamJobId } = await create();
  bank.clock.pass(7_000);
  const { connectionId = "" } = await bank.upstream.job(upstreamJobId);
  return { upstreamJobId, connectionId };
}

const FAULTS: [string, Fault["do"]][] = [
  ["a 500", { status: 500 }],
  ["a 502 of a gateway", { status: 502, body: "<html>Bad Gateway</html>" }],
  ["no JSON", { body: "<html>It works!</html>" }],
  ["half a reply", { body: '{"type":"list","data":[' }],
  ["a reset before the work", { reset: "before" }],
  ["a reset after the work", { reset: "after" }],
];

describe("a GET", () => {
  test.each([...FAULTS, ["a 503", { status: 503 }] as const])(
    "is sent once more after %s",
    async (_, fault) => {
      await getsMeet(fault);
      expect(await list()).toEqual([]);
      expect([await count(`GET ${LIST}`), bank.slept.length]).toEqual([2, 1]);
      await getsMeet(fault, 50);
      await expect(list()).rejects.toThrow(UpstreamUnavailable);
      expect([await count(`GET ${LIST}`), bank.slept.length]).toEqual([4, 2]);
    },
  );

  test("has no reply when the JSON is of another kind", async () => {
    await getsMeet({ body: '{"data":"none"}' });
    await expect(list()).rejects.toThrow(UpstreamUnavailable);
  });

  test("is not sent again after a clear refusal", async () => {
    await getsMeet({ status: 404 });
    await expect(list()).rejects.toThrow(UpstreamRefused);
    expect(await count(`GET ${LIST}`)).toBe(1);
  });
});

describe("a POST", () => {
  test.each(FAULTS)("is sent once when it meets %s", async (_, fault) => {
    const { upstreamJobId, connectionId } = await connected();
    const { updateConnection, refreshConnection, answer } = bank.upstream;
    const posts: [string, () => Promise<unknown>][] = [
      [CREATE, create],
      [`${CREATE}/${connectionId}`, () => updateConnection(USER_ID, connectionId, gavin)],
      [`${CREATE}/${connectionId}/refresh`, () => refreshConnection(USER_ID, connectionId)],
      [`/jobs/${upstreamJobId}/mfa`, () => answer(USER_ID, upstreamJobId, [new Secret("1234")])],
    ];
    for (const [path, post] of posts) {
      const before = await count(`POST ${path}`);
      await bank.setFaults({ method: "POST", path, do: fault });
      await expect(post()).rejects.toThrow(UpstreamUnavailable);
      expect(await count(`POST ${path}`)).toBe(before + 1);
    }
    expect(bank.slept).toEqual([]);
  });

  test.each([
    ["a 500", { status: 500 }, false],
    ["a 503 of a gateway", { status: 503, body: "Service Unavailable" }, true],
    ["a 504 of a gateway", { status: 504, body: "<html>Gateway Timeout</html>" }, true],
    ["no JSON", { body: "<html>It works!</html>" }, true],
    ["a reset", { reset: "before" } as const, true],
    ["a 429 with a long pause", { status: 429, retryAfter: "60" }, false],
  ])("may still be executed after %s: %s", async (_, fault, mayStillArrive) => {
    await postsMeet(fault);
    await expect(create()).rejects.toMatchObject({ name: "UpstreamUnavailable", mayStillArrive });
    expect(await count(`POST ${CREATE}`)).toBe(1);
  });

  test("is never executed when the aggregator does not listen, or gave no token", async () => {
    await bank.setFaults({ method: "POST", path: "/token", do: { reset: "after" } });
    await expect(create()).rejects.toMatchObject({ mayStillArrive: false });
    await list();
    await bank.close();
    // The first call may meet a connection that the server has closed.
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    await expect(create()).rejects.toMatchObject({ mayStillArrive: false });
  });

  test("is refused by a 503 of the aggregator", async () => {
    await postsMeet({ status: 503 });
    await expect(create()).rejects.toMatchObject({ status: 503, problem: { code: "service-unavailable" } });
    expect(await count(`POST ${CREATE}`)).toBe(1);
  });
});

describe("a call that meets a 429", () => {
  test.each([
    ["GET", LIST, list],
    ["POST", CREATE, create],
  ] as const)("is a %s that is sent again after Retry-After", async (method, path, call) => {
    await bank.setFaults({ method, path, do: { status: 429, retryAfter: "1" } });
    await call();
    expect(bank.slept).toEqual([1000]);
    expect(await count(`${method} ${path}`)).toBe(2);
  });

  test.each([
    {},
    { retryAfter: "soon" },
    { retryAfter: "-1" },
    { retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" },
  ])("is sent again after a short pause with %j", async (header) => {
    await postsMeet({ status: 429, ...header });
    await create();
    expect(bank.slept).toHaveLength(1);
    expect(bank.slept[0]).toBeGreaterThan(0);
    expect(bank.slept[0]).toBeLessThan(1000);
  });

  test("is unavailable, and not refused, when it is repeated or the pause is long", async () => {
    await postsMeet({ status: 429 }, 50);
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect([await count(`POST ${CREATE}`), bank.slept.length]).toEqual([2, 1]);
    await postsMeet({ status: 429, retryAfter: "60" });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect([await count(`POST ${CREATE}`), bank.slept.length]).toEqual([3, 1]);
  });

  test.each([
    ["30", 30_000],
    ["86400", 3_000_000],
  ])("with Retry-After: %s keeps the client silent for %i ms", async (retryAfter, ms) => {
    await postsMeet({ status: 429, retryAfter });
    await expect(create()).rejects.toMatchObject({ retryAfterMs: ms, mayStillArrive: false });
    bank.clock.pass(ms - 1);
    await expect(list()).rejects.toMatchObject({ retryAfterMs: 1, mayStillArrive: false });
    expect(await count(`GET ${LIST}`)).toBe(0);
    bank.clock.pass(1);
    expect(await list()).toEqual([]);
    // A token that has expired meanwhile is replaced without a pause.
    expect(bank.slept.filter((pauseMs) => pauseMs > 0)).toEqual([]);
  });

  test("names the pause in the words of a gateway, when it is repeated, and in place of a token", async () => {
    await postsMeet({ status: 429, retryAfter: "1" }, 2);
    await expect(create()).rejects.toMatchObject({ retryAfterMs: 1_000 });
    await postsMeet({ status: 429, retryAfter: "30", body: "Too Many Requests" });
    await expect(create()).rejects.toMatchObject({ retryAfterMs: 30_000, mayStillArrive: false });
    bank.clock.pass(30_000);
    const client = bank.newClient();
    await bank.setFaults({ method: "POST", path: "/token", do: { status: 429, retryAfter: "60" } });
    for (const ms of [60_000, 60_000]) {
      await expect(client.jobsOf(USER_ID)).rejects.toMatchObject({ retryAfterMs: ms, refusesOurKey: false });
    }
    expect(await count("POST /token")).toBe(2);
    expect(bank.slept).toEqual([1_000]);
  });

  test("is the only one whose Retry-After counts", async () => {
    await postsMeet({ status: 500, retryAfter: "30" });
    await expect(create()).rejects.toMatchObject({ retryAfterMs: undefined });
    await bank.setFaults({ method: "POST", path: "/token", do: { status: 503, retryAfter: "30" } });
    expect(await bank.newClient().jobsOf(USER_ID)).toEqual([]);
  });
});

describe("our key", () => {
  const refused = { name: "UpstreamUnavailable", refusesOurKey: true };
  const failed = { name: "UpstreamUnavailable", refusesOurKey: false };
  const bothMeet = (fault: Fault["do"]) =>
    bank.setFaults(
      { method: "GET", path: LIST, times: 2, do: fault },
      { method: "POST", path: CREATE, times: 2, do: fault },
    );

  test("is refused when the aggregator gives no token for it, or when it cannot be read", async () => {
    const unreadable = bank.clientWith(async () => {
      throw new Error("AccessDenied");
    });
    for (const client of [unreadable, bank.newClient("another-key")]) {
      await expect(client.openConnection(USER_ID, "AU00000", gavin)).rejects.toMatchObject(refused);
      await expect(client.jobsOf(USER_ID)).rejects.toMatchObject(refused);
      if (client === unreadable) expect(await bank.calls()).toEqual([]);
    }
    expect(await count(`POST ${CREATE}`)).toBe(0);
  });

  test("is refused when a new token is not accepted either", async () => {
    await bothMeet({ status: 401 });
    await expect(list()).rejects.toMatchObject(refused);
    await expect(create()).rejects.toMatchObject(refused);
    expect(await list()).toEqual([]);
  });

  test.each([{ status: 403 }, { status: 403, body: "<html>Forbidden</html>" }, { status: 500 }])(
    "is not refused by %o, which may be about one user",
    async (fault) => {
      await bothMeet(fault);
      await expect(list()).rejects.toMatchObject(failed);
      await expect(create()).rejects.toMatchObject(failed);
    },
  );

  test.each([
    { status: 429, retryAfter: "60" },
    { status: 500 },
    { body: "<html>" },
    { reset: "before" as const },
  ])("is not refused by %o in place of a token", async (fault) => {
    await bank.setFaults({ method: "POST", path: "/token", times: 3, do: fault });
    await expect(create()).rejects.toMatchObject(failed);
    await expect(list()).rejects.toMatchObject(failed);
  });
});

describe("the token", () => {
  test("is requested once for many calls", async () => {
    await Promise.all([list(), list(), create()]);
    await list();
    expect(await count("POST /token")).toBe(1);
  });

  test.each([401, 403])("is replaced after a %i, and the call sent again", async (status) => {
    await list();
    await getsMeet({ status });
    await list();
    await postsMeet({ status });
    await create();
    expect([await count("POST /token"), await count(`POST ${CREATE}`)]).toEqual([3, 2]);
    expect(await list()).toHaveLength(1);
  });

  test.each([
    { status: 500 },
    { body: "<html>" },
    { reset: "before" },
    { body: '{"access_token":"","expires_in":3600}' },
  ] as const)("that cannot be had because of %o sends no login, and is requested anew", async (fault) => {
    await bank.setFaults({ method: "POST", path: "/token", do: fault });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(0);
    await create();
    expect(await count("POST /token")).toBe(2);
  });

  test("is given to the same client after its key was rotated", async () => {
    const client = bank.newClient("another-key", "the-key");
    expect(await client.institution("AU00002")).toMatchObject({ id: "AU00002" });
    expect(await count("POST /token")).toBe(2);
  });
});

describe("a cached institution", () => {
  const requests = async () =>
    (await bank.calls()).filter((call) => call.startsWith("GET /institutions")).length;

  test("is requested once a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const cached = cachedInstitutions(bank.upstream);
    const first = await cached.institution("AU00000");
    vi.setSystemTime(Date.now() + 59_000);
    expect(await cached.institution("AU00000")).toBe(first);
    expect((await cached.institution("AU00002"))?.id).toBe("AU00002");
    expect(await requests()).toBe(2);
    vi.setSystemTime(Date.now() + 1_001);
    await cached.institution("AU00000");
    expect(await requests()).toBe(3);
  });

  test("is requested again when it was unknown, or after a failure", async () => {
    const cached = cachedInstitutions(bank.upstream);
    for (let times = 1; times <= 2; times++) {
      expect(await cached.institution("AU99999")).toBeUndefined();
      expect(await requests()).toBe(times);
    }
    await bank.setFaults({ method: "GET", path: "/institutions/AU00000", times: 2, do: { status: 500 } });
    await expect(cached.institution("AU00000")).rejects.toThrow(UpstreamUnavailable);
    expect((await cached.institution("AU00000"))?.id).toBe("AU00000");
  });
});

describe("the aggregator's key in Secrets Manager", () => {
  async function stored(value: string) {
    const endpoint = await startSecretsManager({ value });
    const client = new SecretsManagerClient(sdkSettings(endpoint.url));
    onTestFinished(async () => {
      client.destroy();
      await endpoint.close();
    });
    return secretsManagerSecret(client, "the/secret");
  }

  test.each(["abc==", "\uFEFFabc==\r\n"])(
    "is read without the marks of an editor or a shell: %j",
    async (value) => {
      const read = await stored(value);
      expect((await read()).reveal()).toBe("abc==");
    },
  );

  test.each(["", "\n", "a\nb", "kéy"])("is an error that does not show it when it is %j", async (value) => {
    const read = await stored(value);
    await expect(read()).rejects.toThrow("A secret that is needed has no usable text.");
  });
});
