import { crashTests } from "./matrix.ts";
import { MESSAGES } from "./scenarios.ts";

/** A minute, after which the sweeper sends what a dead process has not, takes 12 s. */
crashTests({ timeScale: 5, hasReceiver: true }, MESSAGES);
