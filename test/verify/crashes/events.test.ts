import { crashTests } from "./matrix.ts";
import { EVENTS } from "./scenarios.ts";

crashTests({ timeScale: 5 }, EVENTS);
