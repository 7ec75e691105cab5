import { crashTests } from "./matrix.ts";
import { CHANGED_IN_QUEUE } from "./scenarios.ts";

/** A challenge is open for 30 s. */
crashTests({ timeScale: 4 }, CHANGED_IN_QUEUE);
