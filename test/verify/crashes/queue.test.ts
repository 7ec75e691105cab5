import { crashTests } from "./matrix.ts";
import { retried } from "./scenarios.ts";

/** Two hours take 20 s, and the four minutes of an attempt less than one: no user may have to wait for the others. */
crashTests({ timeScale: 360, atOnce: 4 }, retried(20_000));
