import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cachedInstitutions } from "../../functions/aggregators/cached-institutions.ts";
import { type BasiqSandbox, basiqSandbox } from "../support/basiq-replies.ts";

let bank: BasiqSandbox;
beforeEach(async () => {
  bank = await basiqSandbox();
});
afterEach(async () => {
  vi.useRealTimers();
  await bank.close();
});

const asked = async () => (await bank.calls()).filter((call) => call.startsWith("GET /institutions")).length;

test("a record is asked for once a minute", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const cached = cachedInstitutions(bank.upstream);
  const first = await cached.institution("AU00000");
  expect(await cached.institution("AU00000")).toBe(first);
  expect(await asked()).toBe(1);
  vi.setSystemTime(Date.now() + 60_001);
  await cached.institution("AU00000");
  expect(await asked()).toBe(2);
});

test("each institution has its own record, and one that is unknown has none", async () => {
  const cached = cachedInstitutions(bank.upstream);
  expect((await cached.institution("AU00002"))?.authorization).toBe("user-mfa");
  expect((await cached.institution("AU00000"))?.authorization).toBe("user");
  expect(await cached.institution("AU99999")).toBeUndefined();
  expect(await cached.institution("AU99999")).toBeUndefined();
  expect(await asked()).toBe(4);
});

test("a failure is not remembered", async () => {
  const cached = cachedInstitutions(bank.upstream);
  await bank.setFaults({ method: "GET", path: "/institutions/AU00000", times: 2, do: { status: 500 } });
  await cached.institution("AU00000").catch(() => undefined);
  expect((await cached.institution("AU00000"))?.id).toBe("AU00000");
});
