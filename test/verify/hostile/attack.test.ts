import { expect, onTestFinished, test, vi } from "vitest";
import { attack, HANGS_AFTER_MS } from "./attack.ts";
import { hostileRequest } from "./hostile-requests.ts";
import { Random } from "./random.ts";

const valid = {
  route: "health" as const,
  method: "GET",
  path: "/health",
  parameters: {},
  query: {},
  headers: {},
  body: undefined,
};
const ok = { statusCode: 200, headers: {}, body: "" };

function* requests(count: number) {
  for (let number = 0; number < count; number++)
    yield hostileRequest(new Random(number), `Mark${number}x`, valid, "token");
}

function withHeldClock(): void {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
}

test("a reply that comes late on a busy machine is well", async () => {
  withHeldClock();
  const late = new Promise<typeof ok>((resolve) => setTimeout(() => resolve(ok), HANGS_AFTER_MS - 1));
  const ended = attack({ token: "token", send: () => late }, requests(8));
  await vi.advanceTimersByTimeAsync(HANGS_AFTER_MS - 1);
  expect(await ended).toEqual({ statuses: new Map([[200, 8]]), ids: new Set(), failures: [] });
});

test("a request that hangs is named, and nothing is sent after it", async () => {
  withHeldClock();
  const send = ({ mark }: { mark: string }) =>
    mark === "Mark0x"
      ? new Promise<never>(() => undefined)
      : new Promise<typeof ok>((resolve) => setTimeout(() => resolve(ok), 1_000));
  const ended = attack({ token: "token", send }, requests(1_000));
  await vi.advanceTimersByTimeAsync(HANGS_AFTER_MS + 1_000);
  const { statuses, failures } = await ended;
  expect(failures).toEqual([expect.stringMatching(/^Error: It hangs: .*Mark0x/)]);
  expect(statuses.get(200)).toBeLessThan(500);
});
