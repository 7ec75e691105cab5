import { crashTests } from "./matrix.ts";
import { ADOPTING } from "./scenarios.ts";

crashTests({ timeScale: 60 }, ADOPTING);
