import * as z from "zod/mini";

const USER_ID = /^[A-Za-z0-9-]{1,64}$/;
export const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** As upstream names them. */
export const CONNECTION_ID = NAME;
export const INSTITUTION_ID = NAME;

/** What of upstream's goes into paths and keys: without slashes and great length, and no step out of a folder. */
const UPSTREAM_ID = /^(?!\.+$)[\w.:~-]{1,128}$/;

/** An id of upstream's, which is free to choose them. */
export const upstreamId = z.string().check(z.regex(UPSTREAM_ID));

/** Any user id of 1 to 64 letters, digits and hyphens. */
export const userIdSchema = z.string().check(z.regex(USER_ID));

/** UUID v4, as our jobs have. */
export const jobIdSchema = z.string().check(z.regex(UUID_V4));
