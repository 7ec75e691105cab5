import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { exchanged, exchangeSecrets, readExchanged } from "./exchanged-secrets.ts";

const LOGIN =
  '{ "loginId":"jared","password" : "a\\"b\\\\",  "institution":{"id":"AU00002"}, "loginId":"jared" }';
const toName = (field: string, original: string) => `${field} for ${original}`;

test("each secret of a body is exchanged, and every other byte stays as it is", () => {
  expect(exchanged(LOGIN, toName)).toBe(
    '{ "loginId":"loginId for jared","password" : "password for a\\"b\\\\",  "institution":{"id":"AU00002"}, "loginId":"loginId for jared" }',
  );
  expect(exchanged('{"mfa-response": ["Basiq", "AU00000"], "more": "Basiq"}', toName)).toBe(
    '{"mfa-response": ["answer for Basiq", "answer for AU00000"], "more": "Basiq"}',
  );
});

test.each([
  ["no text", '{"password":1,"loginId":["jared"],"mfa-response":[1,null]}'],
  ["nothing in it", '{"password":"","loginId":"  ","mfa-response":[""]}'],
  ["what no text can be", '{"password":"\\ud800"}'],
  ["a long one", `{"password":"${"x".repeat(101)}"}`],
  ["a long body", `{"password":"whislter","more":"${"x".repeat(4_000)}"}`],
  ["no field of a secret", '{"scope":"SERVER_ACCESS"}'],
])("%s is sent as it is", (_, body) => {
  expect(exchanged(body, toName)).toBe(body);
});

test("a process sends the same canary for the same secret, and records the secret and each access token that it gets", async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.end(JSON.stringify({ access_token: "given" }));
  });
  const { url, close } = await listenLocally(server);
  const folder = mkdtempSync(join(tmpdir(), "exchanged-"));
  const file = join(folder, "secrets");
  const { fetch } = globalThis;
  onTestFinished(async () => {
    globalThis.fetch = fetch;
    rmSync(folder, { recursive: true });
    await close();
  });

  exchangeSecrets(file);
  const post = (path: string, body: string | Buffer) =>
    globalThis.fetch(`${url}${path}`, { method: "POST", body });
  await post("/users/u/connections", LOGIN);
  await post("/jobs/j/mfa", Buffer.from('{"mfa-response":["jared"]}'));
  await post("/token", "scope=SERVER_ACCESS");

  const { canaries, originals } = readExchanged(file);
  expect(canaries.map(({ name }) => name)).toEqual(["loginId", "password", "access token of ours"]);
  expect([...originals.values()]).toEqual(["jared", 'a"b\\']);
  const [first, second] = bodies.slice(0, 2).map((body) => JSON.parse(body));
  expect(originals.get(first.loginId)).toBe("jared");
  expect(second).toEqual({ "mfa-response": [first.loginId] });
  expect(bodies[2]).toBe("scope=SERVER_ACCESS");
});
