import * as z from "zod/mini";

const USER_ID = /^[A-Za-z0-9-]{1,64}$/;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Any user id of 1 to 64 letters, digits and hyphens. */
export const userIdSchema = z.string().check(z.refine((id) => USER_ID.test(id)));

/** UUID v4, as our jobs have. */
export const jobIdSchema = z.string().check(z.refine((id) => UUID_V4.test(id)));
