/** A request that passes to the aggregator. */
export interface PassedCall {
  method: "GET" | "POST" | "DELETE";
  /** Begins with a slash. Built from the route and its checked parameters, never from the path of the client. */
  path: string;
  /** Without the question mark; empty without a query. */
  query: string;
  /** As the client sent it. */
  body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Of the body. Default: JSON. */
  contentType?: string | undefined;
}

export interface PassedReply {
  status: number;
  /** JSON with our address in the place of the aggregator's; empty for a 204. */
  body: Buffer;
}

/** Sends requests of clients to the aggregator. */
export interface Passing {
  /**
   * Returns the aggregator's reply to a request that it accepted. Throws a `Refusal` in the aggregator's words if it
   * refused the request, and `UpstreamUnavailable` if it gave no usable reply.
   */
  send(call: PassedCall): Promise<PassedReply>;
}
