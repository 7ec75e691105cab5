import { describe, expect, test } from "vitest";
import { createBody, createPath, fault, jobCount } from "./faulting.ts";
import { gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";

describe("a fault of the program", () => {
  test("holds a call back, and not the next one", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 1, { delayMs: 600_000 });
    const held = bank.send("POST", createPath, { body: createBody }).catch(() => "never replied");
    while ((await bank.ledger()).length < 2) await new Promise(setImmediate);
    expect(await jobCount(bank)).toBe(0);
    await bank.create("AU00000", gavin);
    expect(await jobCount(bank)).toBe(1);
    await bank.close();
    expect(await held).toBe("never replied");
  });

  test("resets the connection before the work", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 1, { reset: "before" });
    await expect(bank.send("POST", createPath, { body: createBody })).rejects.toThrow(TypeError);
    expect(await jobCount(bank)).toBe(0);
  });

  test("resets the connection after the work", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 1, { reset: "after" });
    await expect(bank.send("POST", createPath, { body: createBody })).rejects.toThrow(TypeError);
    expect(await jobCount(bank)).toBe(1);
  });

  test("loses the reply to an answer that was taken", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", jared);
    bank.pass(stepMs);
    await fault(bank, "POST", "/jobs/*/mfa", 1, { reset: "after" });
    await expect(bank.answer(id, ["1234"])).rejects.toThrow(TypeError);
    expect((await bank.step(id, "mfa-challenge"))?.result).toBeNull();
  });
});
