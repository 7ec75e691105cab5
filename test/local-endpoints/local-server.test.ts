import { createServer } from "node:http";
import { expect, test } from "vitest";
import { listenLocally } from "../../infra/local/local-server.ts";

test("whatever local mode serves is for this machine only", async () => {
  const server = createServer();
  const { url, close } = await listenLocally(server);
  expect(server.address()).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
  expect(new URL(url).hostname).toBe("127.0.0.1");
  await close();
});
