import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { basiq } from "../../functions/aggregators/basiq/basiq.ts";
import { basiqTransport } from "../../functions/aggregators/basiq/transport.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { listenLocally } from "../../infra/local/local-server.ts";
import { fakeClock } from "./fake-clock.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export function givingToken(accessToken: string): Answer {
  return (response) => void response.end(JSON.stringify({ access_token: accessToken, expires_in: 3600 }));
}

/** An upstream that gives tokens, unless a test has another answer for that, and to everything else the test's one answer. */
export async function rawUpstream(answer: Answer, answerForToken: Answer = givingToken("token")) {
  const calls: { line: string; body: string; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url, headers } = request;
    calls.push({ line: `${method} ${url}`, body, authorization: headers.authorization });
    if (url === "/token") answerForToken(response, request);
    else answer(response, request);
  });
  const endpoint = await listenLocally(server);
  const transport = basiqTransport({
    baseUrl: endpoint.url,
    version: "2.1",
    apiKey: async () => new Secret("key"),
    clock: fakeClock(),
  });
  return {
    upstream: basiq(transport),
    calls,
    lines: () => calls.map(({ line }) => line).filter((line) => line !== "POST /token"),
    close: endpoint.close,
  };
}
