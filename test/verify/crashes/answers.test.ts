import { crashTests } from "./crash-tests.ts";
import { DELIVERING } from "./sweeping-scenarios.ts";

/** A challenge is open for 4 s, and the sweeper comes every 2 s. */
crashTests({ timeScale: 30 }, DELIVERING);
