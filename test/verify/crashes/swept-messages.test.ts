import { crashTests } from "./matrix.ts";
import { SWEPT_MESSAGES } from "./scenarios.ts";

/** Deliveries are swept every second. The lease of a sweep that died lasts for five. */
crashTests({ timeScale: 60, hasReceiver: true }, SWEPT_MESSAGES);
