import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../../../infra/local/local-server.ts";

const BANKS: { [id: string]: string } = { AU00000: "user", AU00002: "user-mfa" };
const link = { type: "link", url: "/users/u/connections/quick" };
const DONE = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"].map((title) => ({
  title,
  status: "success",
  result: link,
}));
/** Asks, and waits for ever. */
const ASKING = [
  { title: "verify-credentials", status: "success", result: link },
  {
    title: "mfa-challenge",
    status: "in-progress",
    result: { type: "mfa", method: "token", description: "A code", input: ["Code"], expiryMs: 900_000 },
  },
];
const UNKNOWN = { data: [{ code: "resource-not-found", title: "Not found", detail: "Not found." }] };

/** An upstream whose jobs are done at the first look, or ask at it; it keeps nothing. */
export async function quickUpstream() {
  let jobs = 0;

  async function answer(request: IncomingMessage): Promise<[status: number, body: object]> {
    const body = await text(request);
    const { method = "", url = "" } = request;
    if (url === "/token") return [200, { access_token: "token", expires_in: 3600 }];
    const [, collection, id = "", inside, connectionId] = url.split("/");
    if (collection === "institutions") {
      const authorization = Object.hasOwn(BANKS, id) ? BANKS[id] : undefined;
      return authorization === undefined
        ? [404, UNKNOWN]
        : [200, { id, authorization, status: "operational" }];
    }
    if (method === "POST") {
      jobs += 1;
      return [200, { type: "job", id: `${body.includes("AU00002") ? "asking" : "done"}-${jobs}` }];
    }
    if (collection === "jobs")
      return [200, { type: "job", id, steps: id.startsWith("asking") ? ASKING : DONE }];
    if (inside?.startsWith("jobs")) return [200, { data: [] }];
    const connection = { id: "quick", status: "active", institution: { id: "AU00000" } };
    if (connectionId === undefined) return [200, { data: [connection] }];
    return connectionId === "quick" ? [200, connection] : [404, UNKNOWN];
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => response.writeHead(status).end(JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  return listenLocally(server);
}
