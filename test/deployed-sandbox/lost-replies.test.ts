import { describe, expect, test } from "vitest";
import { gavin, openDeployedSandbox } from "../sandbox/open-sandbox.ts";
import { jobListShape } from "../sandbox/reply-shapes.ts";

type Bank = Awaited<ReturnType<typeof openDeployedSandbox>>;

const path = "/users/user-1/connections";
const body = { ...gavin, institution: { id: "AU00000" } };
const fault = (bank: Bank, action: unknown) =>
  bank.control("PUT", "/faults", [{ method: "POST", path, times: 1, do: action }]);
const jobCount = async (bank: Bank) =>
  (await bank.expectReply(jobListShape, 200, "GET", "/users/user-1/jobs")).size;

describe("where a socket would be cut, the gateway answers for itself", () => {
  test.each([
    ["before", 0],
    ["after", 1],
  ])("%s the work", async (reset, jobs) => {
    const bank = await openDeployedSandbox();
    await fault(bank, { reset });
    const reply = await bank.send("POST", path, { body });
    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.text)).toMatchObject({ data: [{ code: "internal-server-error" }] });
    expect(await jobCount(bank)).toBe(jobs);
    expect((await bank.send("POST", path, { body })).status).toBe(202);
  });
});

describe("a delay", () => {
  test.each([
    [5_000, 5_000],
    [600_000, 27_000],
  ])("of %i ms lasts %i ms, and the work comes after it", async (delayMs, waited) => {
    const events: unknown[] = [];
    const bank: Bank = await openDeployedSandbox({
      wait: async (ms) => {
        events.push(ms, await jobCount(bank));
      },
    });
    await fault(bank, { delayMs });
    expect((await bank.send("POST", path, { body })).status).toBe(202);
    expect(events).toEqual([waited, 0]);
    expect(await jobCount(bank)).toBe(1);
  });
});
