import * as z from "zod/mini";

const USER_ID = /^[A-Za-z0-9-]{1,64}$/;
export const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The forms of ids that the aggregator assigns. */
export const INSTITUTION_ID = NAME;

/**
 * The form of upstream ids that we put into paths and keys: no slashes, at most 128 characters, and not only dots,
 * because `..` would change the folder.
 */
const UPSTREAM_ID = /^(?!\.+$)[\w.:~-]{1,128}$/;

/** An id that the aggregator has chosen. */
export const upstreamId = z.string().check(z.regex(UPSTREAM_ID));

/*
 * Ids of users, jobs and connections in any case name the same thing: they become lower-case where they come in. Ids of
 * institutions stay as they are.
 */

/** A user id: 1 to 64 letters, digits and hyphens. */
export const userIdSchema = z.string().check(z.regex(USER_ID), z.toLowerCase());

/** The id of one of our jobs: a UUID v4. */
export const jobIdSchema = z.string().check(z.regex(UUID_V4), z.toLowerCase());

export const connectionIdSchema = z.string().check(z.regex(NAME), z.toLowerCase());

/**
 * The ids of a user and a connection as a request has written them. An earlier version stored them with their capitals,
 * so its rows are found under these ids.
 */
export interface WrittenIds {
  userId: string;
  connectionId?: string | undefined;
}
