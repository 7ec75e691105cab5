import { afterAll, beforeAll, expect, test } from "vitest";
import { startPaced } from "./counting.ts";
import type { CountedSystem } from "./system.ts";
import { countDeliveries, MAX_DOLLARS_PER_1000 } from "./webhook-price.ts";

let system: CountedSystem;
beforeAll(async () => {
  system = await startPaced();
});
afterAll(() => system?.close());

test.each([{}, { payload: "full" }, { payload: "full", ordering: "job" }])(
  "1,000 deliveries to a webhook with %j are within their price",
  async (wanted) => {
    const { dollarsPer1000 } = await countDeliveries(system, wanted);
    expect(dollarsPer1000).toBeLessThanOrEqual(MAX_DOLLARS_PER_1000);
  },
);
