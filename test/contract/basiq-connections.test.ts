import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { type BasiqSandbox, basiqSandbox, rawUpstream } from "../support/basiq-replies.ts";
import { gavin, USER_ID } from "../support/job-examples.ts";

describe("the connections of a user", () => {
  let bank: BasiqSandbox;
  beforeEach(async () => {
    bank = await basiqSandbox();
  });
  afterEach(() => bank.close());

  async function made(institutionId: string): Promise<string> {
    const { upstreamJobId } = await bank.upstream.openConnection(USER_ID, institutionId, gavin);
    bank.clock.pass(7_000);
    const [link] = (await bank.upstream.job(upstreamJobId)).steps.flatMap(({ result }) =>
      result !== null && "url" in result ? [result.url] : [],
    );
    return link?.split("/").at(-1) ?? "";
  }

  test.each([{ status: 503 }, { status: 500 }, { body: "<html>" }, { reset: "before" }] as const)(
    "are asked for once more after %o, and unknown after two",
    async (fault) => {
      const id = await made("AU00000");
      const [list, one] = [`/users/${USER_ID}/connections`, `/users/${USER_ID}/connections/${id}`];
      const meet = (times: number) =>
        bank.setFaults(...[list, one].map((path) => ({ method: "GET" as const, path, times, do: fault })));
      await meet(1);
      expect(await bank.upstream.connectionsOf(USER_ID)).toHaveLength(1);
      expect(await bank.upstream.connection(USER_ID, id)).toBeDefined();
      await meet(2);
      await expect(bank.upstream.connectionsOf(USER_ID)).rejects.toThrow(UpstreamUnavailable);
      await expect(bank.upstream.connection(USER_ID, id)).rejects.toThrow(UpstreamUnavailable);
    },
  );
});

describe("a hostile reply", () => {
  async function answering(body: unknown, status = 200) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const raw = await rawUpstream((response) => response.writeHead(status).end(text));
    onTestFinished(raw.close);
    return raw;
  }
  const connection = { type: "connection", id: "8fce3b", institution: { id: "AU00000" } };

  test.each([
    ["null", null],
    ["a list", [connection]],
    ["a text", "<html>"],
    ["no institution", { ...connection, institution: null }],
    ["an id that leads elsewhere", { ...connection, id: "../jobs" }],
    ["an id of a line more", { ...connection, id: "8fce3b\n" }],
    ["an id that no one has", { ...connection, id: "x".repeat(65) }],
    ["a number for an id", { ...connection, id: 8 }],
    ["a text that no bank sends", { ...connection, institution: { id: "x".repeat(2001) } }],
  ])("of %s is no connection, and no sign that there is none", async (_, body) => {
    const { upstream } = await answering(body);
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamUnavailable);
  });

  test.each([
    ["null", null],
    ["an object for the data", { data: {} }],
    ["a list that is bare", [connection]],
  ])("of %s is no list", async (_, body) => {
    const { upstream } = await answering(body);
    await expect(upstream.connectionsOf(USER_ID)).rejects.toThrow(UpstreamUnavailable);
  });

  test("with some that are none gives the others", async () => {
    const data = [{ ...connection, id: "a/b" }, "x", null, { ...connection, extra: { __proto__: 1 } }, {}];
    const { upstream } = await answering({ data });
    expect(await upstream.connectionsOf(USER_ID)).toEqual([{ id: "8fce3b", institutionId: "AU00000" }]);
  });

  test("of 404 in no words of upstream's does not say that there is none", async () => {
    const { upstream } = await answering("<html>Not Found</html>", 404);
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamUnavailable);
  });

  test("of another refusal is one", async () => {
    const { upstream } = await answering({ data: [{ code: "parameter-not-valid" }] }, 400);
    await expect(upstream.connection(USER_ID, "8fce3b")).rejects.toThrow(UpstreamRefused);
    await expect(upstream.connectionsOf(USER_ID)).rejects.toThrow(UpstreamRefused);
  });

  test("leads no id astray", async () => {
    const raw = await answering({ data: [{ code: "resource-not-found" }] }, 404);
    expect(await raw.upstream.connection("a/b", "../c?d#e")).toBeUndefined();
    expect(raw.lines()).toEqual(["GET /users/a%2Fb/connections/..%2Fc%3Fd%23e"]);
  });
});
