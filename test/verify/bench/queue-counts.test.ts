import { countingWithinBudget, sharedTemplate } from "./counting.ts";
import { QUEUED_KIND } from "./job-kinds.ts";
import { startQueued } from "./system.ts";

countingWithinBudget(() => startQueued(sharedTemplate), [QUEUED_KIND]);
