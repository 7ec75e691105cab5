import { crashTests } from "./matrix.ts";
import { MESSAGES } from "./scenarios.ts";

/** A minute, after which the sweeper sends what a dead process has not, takes 6 s. */
crashTests({ timeScale: 10, hasReceiver: true }, MESSAGES);
