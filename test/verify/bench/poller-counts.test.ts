import { counting, startPaced } from "./counting.ts";
import { QUICK_KINDS } from "./job-kinds.ts";
import { POLLER_LOOKS_EVERY_MS, pollerTemplate } from "./poller/poller-template.ts";

const start = () => startPaced({ beforeFirstLookMs: POLLER_LOOKS_EVERY_MS, turn: pollerTemplate });

counting(
  start,
  "poller",
  QUICK_KINDS.filter(({ name }) => name === "plain"),
);
