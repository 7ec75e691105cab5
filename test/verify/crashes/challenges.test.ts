import { crashTests } from "./matrix.ts";
import { CHALLENGED } from "./scenarios.ts";

/** A challenge is open for 30 s. */
crashTests({ timeScale: 4 }, CHALLENGED);
