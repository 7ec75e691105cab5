import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { localTables } from "../../infra/local/local-tables.ts";
import { isLoopbackHost } from "../../infra/local/loopback.ts";
import { target } from "../journeys/target.ts";

const reached = target();

/** As a browser would ask that took `host` for the gateway's name: fetch sets that header by itself. */
async function ask(host: string, method = "GET"): Promise<{ status: number | undefined; body: string }> {
  const asked = request(`${reached().apiUrl}/_local`, { method, headers: { host } }).end();
  const answered: Promise<[IncomingMessage]> = once(asked, "response").then(([reply]) => [reply]);
  const [reply] = await answered;
  return { status: reply.statusCode, body: await text(reply) };
}

test("local mode tells the programs of this machine where its jobs table is", async () => {
  for (const host of [new URL(reached().apiUrl).host, "localhost", "LOCALHOST:3000", "[::1]:3000"]) {
    const { status, body } = await ask(host);
    expect(status).toBe(200);
    const { dynamodb, jobsTable } = localTables.parse(JSON.parse(body));
    const client = new DynamoDBClient({ endpoint: dynamodb });
    expect((await client.send(new ListTablesCommand({}))).TableNames).toContain(jobsTable);
    client.destroy();
  }
});

test("a web page whose name leads to this machine is told nothing", async () => {
  for (const host of [
    "evil.example",
    "evil.example:3000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
  ]) {
    const { status, body } = await ask(host);
    expect([status, errorReply.parse(JSON.parse(body)).data[0]?.code]).toEqual([403, "forbidden-access"]);
  }
  const reply = await fetch(`${reached().apiUrl}/_local`, { headers: { origin: "https://evil.example" } });
  expect([reply.status, reply.headers.has("access-control-allow-origin")]).toEqual([403, false]);
});

test.each(["", "127.0.0.2", "127.0.0.1:", "127.0.0.1@evil.example", "localhost.", "evil.example#localhost"])(
  "%j is no name of this machine",
  (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  },
);

test("nothing but a GET is answered there", async () => {
  for (const method of ["POST", "PUT", "DELETE"]) {
    expect(await ask("localhost", method)).toMatchObject({ status: 404 });
  }
});
