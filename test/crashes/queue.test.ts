import { crashTests } from "./crash-tests.ts";
import { retried } from "./outage-scenarios.ts";

/** Two hours take 20 s. */
crashTests(360, retried(20_000));
