import { describe, expect, test } from "vitest";
import { gavin, jared, type OpenSandbox, openSandbox, stepMs } from "./open-sandbox.ts";

describe("an institution that asks sometimes", () => {
  const second = async (bank: OpenSandbox, login: typeof jared | typeof gavin, userId?: string) => {
    const id = await bank.create("AU00003", login, userId);
    bank.pass(stepMs);
    return (await bank.step(id, "mfa-challenge"))?.status;
  };

  test("asks every second time", async () => {
    const bank = await openSandbox();
    const seen = [];
    for (const _ of [1, 2, 3, 4]) seen.push(await second(bank, jared));
    expect(seen).toEqual(["in-progress", "skipped", "in-progress", "skipped"]);
  });

  test("counts each user and each login apart", async () => {
    const bank = await openSandbox();
    expect(await second(bank, jared)).toBe("in-progress");
    expect(await second(bank, gavin)).toBe("in-progress");
    expect(await second(bank, jared, "user-2")).toBe("in-progress");
    expect(await second(bank, jared)).toBe("skipped");
  });

  test("does not count a refused login", async () => {
    const bank = await openSandbox();
    await bank.create("AU00003", { ...jared, password: "wrong" });
    expect(await second(bank, jared)).toBe("in-progress");
  });

  test("finishes without an answer when it asked nothing", async () => {
    const bank = await openSandbox();
    await bank.create("AU00003", jared);
    const id = await bank.create("AU00003", jared);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending", "pending"]);
    bank.pass(3 * stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "skipped", "success", "success"]);
    expect((await bank.step(id, "mfa-challenge"))?.result).toBeNull();
  });
});
