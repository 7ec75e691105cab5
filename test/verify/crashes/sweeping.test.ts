import { crashTests } from "./matrix.ts";
import { SWEEPING } from "./scenarios.ts";

/** The sweeper runs every second. */
crashTests({ timeScale: 60 }, SWEEPING);
