import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
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

const broken: [string, Fault["do"]][] = [
  ["a 500", { status: 500 }],
  ["a 502 in no words of upstream's", { status: 502, body: "<html>Bad Gateway</html>" }],
  ["rubbish", { body: "<html>It works!</html>" }],
  ["half a reply", { body: '{"type":"list","data":[' }],
  ["a reset before the work", { reset: "before" }],
  ["a reset after the work", { reset: "after" }],
];

describe("what is asked for", () => {
  test.each([...broken, ["a 503 in upstream's words", { status: 503 }] as const])(
    "is asked for again after %s",
    async (_, fault) => {
      await bank.setFaults({ method: "GET", path: LIST, do: fault });
      expect(await list()).toEqual([]);
      expect(await count(`GET ${LIST}`)).toBe(2);
    },
  );

  test.each(broken)("is given up after a few of %s", async (_, fault) => {
    await bank.setFaults({ method: "GET", path: LIST, times: 50, do: fault });
    await expect(list()).rejects.toThrow(UpstreamUnavailable);
    const calls = await count(`GET ${LIST}`);
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(6);
    expect(bank.slept).toHaveLength(calls - 1);
  });

  test("is not a reply when it is JSON of another kind", async () => {
    await bank.setFaults({ method: "GET", path: LIST, do: { body: '{"data":"none"}' } });
    await expect(list()).rejects.toThrow(UpstreamUnavailable);
  });

  test("is not asked for again after a clear no", async () => {
    await bank.setFaults({ method: "GET", path: LIST, do: { status: 404 } });
    await expect(list()).rejects.toThrow(UpstreamRefused);
    expect(await count(`GET ${LIST}`)).toBe(1);
  });
});

describe("what is posted and gets no usable reply", () => {
  test.each([
    ["a 500 in upstream's words", { status: 500 }, false],
    ["a 504 in a gateway's", { status: 504, body: "<html>Gateway Timeout</html>" }, true],
    ["rubbish", { body: "<html>It works!</html>" }, true],
    ["a reset", { reset: "before" } as const, true],
    ["a limit that takes long to pass", { status: 429, retryAfter: "60" }, false],
  ])("may still be carried out after %s: %s", async (_, fault, mayStillArrive) => {
    await bank.setFaults({ method: "POST", path: CREATE, do: fault });
    await expect(create()).rejects.toMatchObject({ name: "UpstreamUnavailable", mayStillArrive });
  });

  test("will not be when nobody listens, or no token was given", async () => {
    await bank.setFaults({ method: "POST", path: "/token", do: { reset: "after" } });
    await expect(create()).rejects.toMatchObject({ mayStillArrive: false });
    await bank.close();
    await expect(create()).rejects.toMatchObject({ mayStillArrive: false });
  });
});

describe("what is posted", () => {
  test.each(broken)("is posted once when it meets %s", async (name, fault) => {
    await bank.setFaults({ method: "POST", path: CREATE, do: fault });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(1);
    expect(bank.slept).toEqual([]);
    expect(await list()).toHaveLength(name === "a reset after the work" ? 1 : 0);
  });

  test("is not known to be done or undone by a 503 that is not in upstream's words", async () => {
    await bank.setFaults({ method: "POST", path: CREATE, do: { status: 503, body: "Service Unavailable" } });
    await expect(create()).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${CREATE}`)).toBe(1);
  });

  test("is refused by a 503 in upstream's words", async () => {
    await bank.setFaults({ method: "POST", path: CREATE, do: { status: 503 } });
    await expect(create()).rejects.toMatchObject({ status: 503, problem: { code: "service-unavailable" } });
    expect(await count(`POST ${CREATE}`)).toBe(1);
  });

  test("as an answer is posted once, too", async () => {
    const { upstreamJobId } = await create();
    const path = `/jobs/${upstreamJobId}/mfa`;
    await bank.setFaults({ method: "POST", path, do: { reset: "before" } });
    const answer = bank.upstream.answer(upstreamJobId, [new Secret("1234")]);
    await expect(answer).rejects.toThrow(UpstreamUnavailable);
    expect(await count(`POST ${path}`)).toBe(1);
  });

  test("as an answer that meets rubbish is not taken for delivered", async () => {
    const { upstreamJobId } = await create();
    await bank.setFaults({ method: "POST", path: `/jobs/${upstreamJobId}/mfa`, do: { body: "<html>" } });
    const answer = bank.upstream.answer(upstreamJobId, [new Secret("1234")]);
    await expect(answer).rejects.toThrow(UpstreamUnavailable);
  });
});
