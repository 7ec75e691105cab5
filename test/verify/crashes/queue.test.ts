import { crashTests } from "./crash-tests.ts";
import { retried } from "./outage-scenarios.ts";

/** Two hours take 20 s, and the four minutes of an attempt less than one: nobody may have to wait for the others. */
crashTests({ timeScale: 360, atOnce: 4 }, retried(20_000));
