/**
 * A header for requests of the tests. With it, no connection stays idle. A request on a connection that was idle for long would end with
 * ECONNRESET, because the server closes it first: the search for canaries holds its process for seconds, and on a busy machine the tests'
 * clock, which tells `fetch` when to close an idle connection, is slower than the server's.
 */
export const FRESH_CONNECTION = { connection: "close" } as const;
