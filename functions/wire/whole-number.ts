import * as z from "zod/mini";

/** Neither infinite nor `NaN`. */
export const finiteNumber = z.custom<number>(Number.isFinite);

export const wholeNumber = z.custom<number>(Number.isSafeInteger);
