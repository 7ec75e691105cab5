import { crashTests } from "./matrix.ts";
import { LINKS } from "./scenarios.ts";

crashTests({ timeScale: 20 }, LINKS);
