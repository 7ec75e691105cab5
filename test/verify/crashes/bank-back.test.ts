import { crashTests } from "./matrix.ts";
import { BACK } from "./scenarios.ts";

/** Banks are looked at every 7.5 s, and a challenge is open for 15 s. */
crashTests({ timeScale: 8 }, BACK);
