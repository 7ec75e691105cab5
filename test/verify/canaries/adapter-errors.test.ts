import type { IncomingMessage, ServerResponse } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { SFNClient } from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import { withoutEcho } from "../../../functions/jobs/domain/redaction.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { sfnWaker } from "../../../functions/jobs/store/executions.ts";
import { dynamoVault, kmsSealer } from "../../../functions/jobs/store/vault.ts";
import { rawUpstream } from "../../support/basiq-replies.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { headerCanary, plainCanary, textCanary } from "./canary.ts";
import { errorSink, scannerFor } from "./scanner.ts";

const login = textCanary("login");
const password = textCanary("password");
const answer = textCanary("answer");
const upstreamKey = headerCanary("API key of upstream");
const taskToken = plainCanary("task token");
const scanner = scannerFor([login, password, answer, upstreamKey, taskToken]);
const secrets = { loginId: new Secret(login.text), password: new Secret(password.text) };

const sent = `${login.text} ${password.text} ${answer.text} ${upstreamKey.text}`;
const inHeader = Buffer.from(sent).toString("base64");
const refusal = { code: sent, title: sent, detail: sent };

/** Replies that repeat everything that was sent. */
const REPLIES: { readonly [name: string]: (response: ServerResponse, request: IncomingMessage) => void } = {
  "a page": (response) =>
    response.writeHead(502, { "content-type": "text/html" }).end(`<html>${sent}</html>`),
  "a page with a 200": (response) => response.end(`<html>${sent}</html>`),
  "an empty reply": (response) => response.writeHead(500, { "x-sent": inHeader }).end(),
  "a reply of the wrong shape": (response) =>
    response.end(JSON.stringify({ id: [sent], steps: sent, data: sent })),
  "a redirect": (response) => response.writeHead(302, { location: `/?q=${encodeURIComponent(sent)}` }).end(),
  "a cut connection": (_, request) => request.socket.destroy(),
  "half a reply": (response) => {
    response.writeHead(200, { "content-length": "10000" }).write(sent, () => response.destroy());
  },
  "no HTTP at all": (_, request) => request.socket.end(`${sent}\r\n`),
  "a header without a colon": (_, request) => request.socket.end(`HTTP/1.1 200 OK\r\n${inHeader}\r\n\r\n`),
  "a refusal that quotes": (response) => response.writeHead(400).end(JSON.stringify({ data: [refusal] })),
  "a 500 that quotes": (response) => response.writeHead(500).end(JSON.stringify({ data: [refusal] })),
  "a 401 that quotes": (response) => response.writeHead(401).end(JSON.stringify({ data: [refusal] })),
};

function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each(Object.entries(REPLIES))("an error after %s has no secret", async (_, reply) => {
  const raw = await rawUpstream(reply);
  const upstream = withoutEcho(raw.upstream);
  const failures = [
    await failureOf(upstream.openConnection("user", "AU00000", secrets)),
    await failureOf(upstream.answer("job", [new Secret(answer.text)])),
    await failureOf(upstream.updateConnection("user", "connection", secrets)),
  ];
  await raw.close();
  expect(failures.filter((error) => error instanceof Error)).toHaveLength(failures.length);
  // A call sends one of the secrets; upstream can have the others only from the test.
  const own = failures.filter((error) => !(error instanceof UpstreamRefused));
  expect(own.flatMap((error) => scanner.scan(errorSink("error", error)))).toEqual([]);
  const refused = failures.flatMap((error) => (error instanceof UpstreamRefused ? [error.problem] : []));
  expect(JSON.stringify(refused)).not.toContain(password.text);
});

/** No server listens there. */
const options = () => ({
  endpoint: "http://127.0.0.1:1",
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  maxAttempts: 1,
});

test("an error after AWS cannot be reached has no secret", async () => {
  const sealer = kmsSealer(new KMSClient(options()), "key");
  const ref = { jobId: "job", userId: "user", purpose: "login" } as const;
  const client = new DynamoDBClient(options());
  const sealed = { seal: async () => Buffer.from("sealed"), unseal: async () => new Secret(password.text) };
  const vault = dynamoVault({ client, tableName: "Secrets", sealer: sealed, clock: fakeClock() });
  const failures = [
    await failureOf(sealer.seal(ref, new Secret(password.text))),
    await failureOf(vault.keep(ref, new Secret(password.text), new Date())),
    await failureOf(vault.reveal(ref)),
    await failureOf(sfnWaker(new SFNClient(options())).wake(new Secret(taskToken.text), 1)),
  ];
  expect(failures.filter((error) => error instanceof Error)).toHaveLength(failures.length);
  expect(failures.flatMap((error) => scanner.scan(errorSink("error", error)))).toEqual([]);
});
