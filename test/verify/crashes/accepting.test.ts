import { ACCEPTING } from "./accepting-scenarios.ts";
import { crashTests } from "./crash-tests.ts";

/** A challenge is open for 6 s. */
crashTests({ timeScale: 20 }, ACCEPTING);
