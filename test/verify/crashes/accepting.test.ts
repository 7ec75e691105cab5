import { crashTests } from "./matrix.ts";
import { ACCEPTING } from "./scenarios.ts";

crashTests({ timeScale: 20 }, ACCEPTING);
