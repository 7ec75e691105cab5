import * as z from "zod/mini";

/** Any user id of 1 to 64 letters, digits and hyphens. */
export const userIdSchema = z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/));

/** UUID v4, as our jobs have. */
export const jobIdSchema = z.uuidv4();
