/**
 * A header for requests of the tests. The search holds this process for seconds, in which the time-out of an idle connection passes. A
 * request on such a connection would end with ECONNRESET, because the server closes the connection first. With this header, no
 * connection stays idle.
 */
export const FRESH_CONNECTION = { connection: "close" } as const;
