import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startDynamoDb } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startSecretsManager } from "../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import { handler } from "../../sandbox/sandbox.lambda.ts";
import { institutionListShape, refusalShape, tokenShape } from "../sandbox/reply-shapes.ts";
import { SANDBOX_TABLE, sandboxTable } from "../sandbox/table-sandbox.ts";

const url = "http://127.0.0.1:1";
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const dynamo = await startDynamoDb({ tables: [sandboxTable] });
  const secrets = await startSecretsManager({ value: "the-key" });
  closers.push(dynamo.close, secrets.close);
  const environment = {
    SANDBOX_TABLE,
    SANDBOX_URL: url,
    SANDBOX_API_KEY_SECRET: "arn",
    TIME_SCALE: "",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const close of closers) await close();
});

/** As an emulator sends it: what is empty is there, and `null`. */
const event = (method: string, rawPath: string, headers: Record<string, string> | null) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath,
  rawQueryString: null,
  headers,
  body: null,
  isBase64Encoded: null,
  pathParameters: null,
  requestContext: { http: { method } },
});

test("names everything that its environment lacks", async () => {
  vi.stubEnv("SANDBOX_TABLE", "");
  vi.stubEnv("SANDBOX_API_KEY_SECRET", undefined);
  await expect(handler(event("GET", "/", null))).rejects.toThrow(
    /^Not valid in the environment: SANDBOX_TABLE, SANDBOX_API_KEY_SECRET$/,
  );
  vi.stubEnv("SANDBOX_TABLE", SANDBOX_TABLE);
  vi.stubEnv("SANDBOX_API_KEY_SECRET", "arn");
});

test("trades the key of its secret for a token, which opens the rest at its own address", async () => {
  const versioned = { "Basiq-Version": "3.0" };
  const wrong = await handler(event("POST", "/token", { ...versioned, Authorization: "Basic any" }));
  expect(wrong.statusCode).toBe(404);
  const right = await handler(event("POST", "/token", { ...versioned, Authorization: "Basic the-key" }));
  const { access_token } = tokenShape.parse(JSON.parse(right.body));
  const authorization = `Bearer ${access_token}`;
  const list = await handler(event("GET", "/institutions", { authorization }));
  expect(list).toMatchObject({ statusCode: 200, headers: { "content-type": "application/json" } });
  expect(institutionListShape.parse(JSON.parse(list.body)).links.self).toBe(`${url}/institutions`);
});

test("refuses without headers and without a key", async () => {
  const { statusCode, body } = await handler(event("GET", "/_control/ledger", null));
  expect([statusCode, refusalShape.parse(JSON.parse(body)).data[0]?.code]).toEqual([
    404,
    "parameter-not-valid",
  ]);
});

test("answers in the error shape when something breaks, and says no more than its name", async () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const broken = await handler({
    ...event("POST", "/token", null),
    headers: { password: { hidden: "hooli2016" } },
  });
  expect(broken.statusCode).toBe(500);
  expect(refusalShape.parse(JSON.parse(broken.body)).data[0]?.code).toBe("internal-server-error");
  expect(said.mock.calls).toEqual([['{"level":"error","message":"call failed","errorName":"ZodError"}\n']]);
  said.mockRestore();
});
