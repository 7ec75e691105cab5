import { once } from "node:events";
import { createServer } from "node:http";

/** An app to which browsers come back, on this machine. */
export interface AppServer {
  url: string;
  /** The parameters of the addresses at which browsers came back, oldest first. */
  visits: Record<string, string>[];
  close(): Promise<void>;
}

export async function startAppServer(): Promise<AppServer> {
  const visits: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://app");
    const isApp = pathname === "/back";
    if (isApp) visits.push(Object.fromEntries(searchParams));
    response.writeHead(isApp ? 200 : 204, { "content-type": "text/html" });
    response.end(isApp ? "<!doctype html><title>App</title><h1>The app</h1>" : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/back`,
    visits,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
