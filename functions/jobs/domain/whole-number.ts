import { matching } from "./kinds.ts";

/** Neither infinite nor `NaN`. */
export const finiteNumber = matching<number>(Number.isFinite);

export const wholeNumber = matching<number>(Number.isSafeInteger);
