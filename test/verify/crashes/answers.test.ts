import { crashTests } from "./matrix.ts";
import { DELIVERING } from "./scenarios.ts";

/** A challenge is open for 8 s, and the sweeper runs every 4 s. */
crashTests({ timeScale: 15 }, DELIVERING);
