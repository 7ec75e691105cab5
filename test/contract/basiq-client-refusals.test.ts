import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { type BasiqSandbox, basiqSandbox, type Fault } from "../support/basiq-replies.ts";
import { gavin, USER_ID } from "../support/job-examples.ts";

let bank: BasiqSandbox;
beforeEach(async () => {
  bank = await basiqSandbox();
});
afterEach(() => bank.close());

const LIST = `/users/${USER_ID}/jobs`;
const CREATE = `/users/${USER_ID}/connections`;
const list = () => bank.upstream.jobsOf(USER_ID);
const create = () => bank.upstream.openConnection(USER_ID, "AU00000", gavin);
const count = async (call: string) => (await bank.calls()).filter((each) => each === call).length;

describe("over the rate", () => {
  test.each([
    ["GET", LIST, list],
    ["POST", CREATE, create],
  ] as const)("a %s is repeated after as long as upstream wants", async (method, path, call) => {
    await bank.setFaults({ method, path, do: { status: 429, retryAfter: "1" } });
    await call();
    expect(bank.slept).toEqual([1000]);
    expect(await count(`${method} ${path}`)).toBe(2);
  });

  test.each([undefined, "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"])(
    "a call is repeated after a moment when Retry-After is %s",
    async (retryAfter) => {
      const reply = { status: 429, ...(retryAfter !== undefined && { retryAfter }) };
      await bank.setFaults({ method: "POST", path: CREATE, do: reply });
      await create();
      expect(bank.slept).toHaveLength(1);
      expect(bank.slept[0]).toBeGreaterThan(0);
      expect(bank.slept[0]).toBeLessThan(1000);
    },
  );

  test("a call is left to the workflow when upstream wants more than a function waits", async () => {
    await bank.setFaults({ method: "POST", path: CREATE, do: { status: 429, retryAfter: "60" } });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(1);
    expect(bank.slept).toEqual([]);
  });

  test("a call is no refusal of what the user wants, however often", async () => {
    await bank.setFaults({ method: "POST", path: CREATE, times: 50, do: { status: 429 } });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBeLessThan(6);
  });
});

describe("our key", () => {
  const refused = { name: "UpstreamUnavailable", refusesOurKey: true };
  const failed = { name: "UpstreamUnavailable", refusesOurKey: false };

  test("is told to be refused when no token is given for it, to whatever needs one", async () => {
    const stranger = bank.newClient("another-key");
    await expect(stranger.openConnection(USER_ID, "AU00000", gavin)).rejects.toMatchObject(refused);
    await expect(stranger.jobsOf(USER_ID)).rejects.toMatchObject(refused);
  });

  test("is as good as refused when it cannot be read, and nothing is sent", async () => {
    const keyless = bank.clientWith(async () => {
      throw new Error("AccessDenied");
    });
    await expect(keyless.openConnection(USER_ID, "AU00000", gavin)).rejects.toMatchObject(refused);
    await expect(keyless.jobsOf(USER_ID)).rejects.toMatchObject(refused);
    expect(await bank.calls()).toEqual([]);
  });

  const twice = (fault: Fault["do"]) =>
    bank.setFaults(
      { method: "GET", path: LIST, times: 2, do: fault },
      { method: "POST", path: CREATE, times: 2, do: fault },
    );

  test("is told to be refused when a new token is not taken either", async () => {
    await twice({ status: 401 });
    await expect(list()).rejects.toMatchObject(refused);
    await expect(create()).rejects.toMatchObject(refused);
  });

  test.each([{ status: 403 }, { status: 403, body: "<html>Forbidden</html>" }])(
    "is not told to be refused by %o, which may be about one user",
    async (fault) => {
      await twice(fault);
      await expect(list()).rejects.toMatchObject(failed);
      await expect(create()).rejects.toMatchObject(failed);
    },
  );

  test.each([
    { status: 429, retryAfter: "60" },
    { status: 500 },
    { body: "<html>" },
    { reset: "before" as const },
  ])("is not told to be refused by a token's %o", async (fault) => {
    await bank.setFaults({ method: "POST", path: "/token", times: 3, do: fault });
    await expect(create()).rejects.toMatchObject(failed);
    await expect(list()).rejects.toMatchObject(failed);
  });

  test("is not told to be refused when the request is", async () => {
    await bank.setFaults({ method: "GET", path: LIST, do: { status: 404 } });
    await expect(list()).rejects.toMatchObject({ name: "UpstreamRefused" });
    await bank.setFaults({ method: "GET", path: LIST, times: 2, do: { status: 500 } });
    await expect(list()).rejects.toMatchObject(failed);
  });
});

describe("the token", () => {
  test("is traded once for many calls", async () => {
    await Promise.all([list(), list(), create()]);
    await list();
    expect(await count("POST /token")).toBe(1);
  });

  test.each([401, 403])("is forgotten on %i, and the call made again with a new one", async (status) => {
    await list();
    await bank.setFaults(
      { method: "GET", path: LIST, do: { status } },
      { method: "POST", path: CREATE, do: { status } },
    );
    await list();
    expect(await count("POST /token")).toBe(2);
    await create();
    expect(await count("POST /token")).toBe(3);
    expect(await count(`POST ${CREATE}`)).toBe(2);
    expect(await bank.upstream.jobsOf(USER_ID)).toHaveLength(1);
  });

  test("that is never taken is upstream's trouble, not the user's", async () => {
    await bank.setFaults({ method: "POST", path: CREATE, times: 50, do: { status: 401 } });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await list()).toEqual([]);
  });

  test.each([
    ["a 500", { status: 500 }],
    ["rubbish", { body: "<html>" }],
    ["a reset", { reset: "before" }],
    ["a token without a text", { body: '{"access_token":"","expires_in":3600}' }],
  ] as const)("that cannot be had because of %s sends no login, and is asked for anew", async (_, fault) => {
    await bank.setFaults({ method: "POST", path: "/token", do: fault });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(0);
    await create();
    expect(await count("POST /token")).toBe(2);
  });

  test("is given for a key that was rotated, to the same client", async () => {
    const client = bank.newClient("another-key", "the-key");
    expect(await client.institution("AU00002")).toMatchObject({ id: "AU00002" });
    expect(await count("POST /token")).toBe(2);
  });

  test("is not given for another key", async () => {
    const stranger = bank.newClient("another-key");
    await expect(stranger.openConnection(USER_ID, "AU00000", gavin)).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(0);
  });
});
