import { afterAll, beforeAll } from "vitest";
import type { CountedSystem } from "./counted-system.ts";
import { sharedTemplate } from "./counting.ts";
import { holdToBudget } from "./hold-to-budget.ts";
import { QUEUED_KIND } from "./job-kinds.ts";
import { startQueued } from "./queued-system.ts";

let system: CountedSystem;
beforeAll(async () => {
  system = await startQueued(sharedTemplate);
});
afterAll(() => system.close());

holdToBudget(() => system, [QUEUED_KIND]);
