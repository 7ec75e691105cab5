import * as z from "zod/mini";

export const wholeNumber = z.number().check(z.refine(Number.isSafeInteger));
