import { crashTests } from "./crash-tests.ts";
import { SWEEPING } from "./sweeping-scenarios.ts";

/** The sweeper comes every second. */
crashTests({ timeScale: 60 }, SWEEPING);
