import type { ServerResponse } from "node:http";

/** A way to answer wrongly. `good` is what a right answer would say; `mark` is in all that is made up. */
export interface Wrong {
  name: string;
  play(response: ServerResponse, good: object, mark: string): void;
}

type Made = (good: object, mark: string) => string | Buffer;

/** A reply of HTTP that is right, with what is not. */
export const body = (
  name: string,
  make: Made,
  headers: Record<string, string> = {},
  status = 200,
): Wrong => ({
  name,
  play: (response, good, mark) => void response.writeHead(status, headers).end(make(good, mark)),
});
