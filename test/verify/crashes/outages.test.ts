import { crashTests } from "./crash-tests.ts";
import { TOUCHED_IN_QUEUE } from "./outage-scenarios.ts";

/** A challenge is open for 6 s. */
crashTests({ timeScale: 20 }, TOUCHED_IN_QUEUE);
