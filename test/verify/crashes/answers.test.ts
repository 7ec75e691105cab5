import { crashTests } from "./matrix.ts";
import { DELIVERING } from "./scenarios.ts";

/** A challenge is open for 4 s, and the sweeper runs every 2 s. */
crashTests({ timeScale: 30 }, DELIVERING);
