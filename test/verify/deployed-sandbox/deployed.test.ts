import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startDynamoDb } from "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startSecretsManager } from "../../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import { handler } from "../../../sandbox/sandbox.lambda.ts";
import { functionsByEntry } from "../../infra/resources.ts";
import { synthesizedResources } from "../../infra/synthesized.ts";
import {
  apiKey,
  connected,
  connectionsPath,
  createBody,
  gavin,
  jared,
  openDeployedSandbox,
  start,
} from "../../sandbox/open-sandbox.ts";
import { institutionListShape, refusalShape, tokenShape } from "../../sandbox/reply-shapes.ts";
import { SANDBOX_TABLE, sandboxTable } from "../../sandbox/table-sandbox.ts";
import { permissionsOfRole, roleOf } from "../support/statements.ts";

type Bank = Awaited<ReturnType<typeof openDeployedSandbox>>;

describe("the function", () => {
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

  /** Emulators send `null` for an empty field. */
  const event = (method: string, rawPath: string, headers: Record<string, unknown> | null) => ({
    rawPath,
    rawQueryString: null,
    headers,
    body: null,
    isBase64Encoded: null,
    pathParameters: null,
    requestContext: { http: { method } },
  });

  test("throws the names of all settings that its environment lacks", async () => {
    vi.stubEnv("SANDBOX_TABLE", "");
    vi.stubEnv("SANDBOX_API_KEY_SECRET", undefined);
    await expect(handler(event("GET", "/", null))).rejects.toThrow(
      /^Not valid in the environment: SANDBOX_TABLE, SANDBOX_API_KEY_SECRET$/,
    );
    vi.stubEnv("SANDBOX_TABLE", SANDBOX_TABLE);
    vi.stubEnv("SANDBOX_API_KEY_SECRET", "arn");
  });

  test("exchanges the key in its secret for a token, and links to its own URL", async () => {
    const tokenFor = (key: string) =>
      handler(event("POST", "/token", { "Basiq-Version": "2.1", Authorization: `Basic ${key}` }));
    expect((await tokenFor("any")).statusCode).toBe(404);
    const { access_token } = tokenShape.parse(JSON.parse((await tokenFor("the-key")).body));
    const list = await handler(event("GET", "/institutions", { authorization: `Bearer ${access_token}` }));
    expect(list).toMatchObject({ statusCode: 200, headers: { "content-type": "application/json" } });
    expect(institutionListShape.parse(JSON.parse(list.body)).links.self).toBe(`${url}/institutions`);
  });

  test("refuses a request without headers", async () => {
    const { statusCode, body } = await handler(event("GET", "/_control/ledger", null));
    expect(statusCode).toBe(404);
    expect(refusalShape.parse(JSON.parse(body)).data[0]?.code).toBe("parameter-not-valid");
  });

  test("replies in the error shape when it fails, and logs only the name of the error", async () => {
    const output = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const failed = await handler(event("POST", "/token", { password: { hidden: "hooli2016" } }));
    expect(failed.statusCode).toBe(500);
    expect(refusalShape.parse(JSON.parse(failed.body)).data[0]?.code).toBe("internal-server-error");
    expect(output.mock.calls).toEqual([
      ['{"level":"error","message":"call failed","errorName":"ZodError"}\n'],
    ]);
    output.mockRestore();
  });
});

describe("a control call", () => {
  const calls = [
    ["PUT", "/institutions/AU00000", { status: "major-outage" }],
    ["PUT", "/faults", [{ method: "GET", path: "/*", times: 1, do: { status: 500 } }]],
    ["GET", "/ledger", undefined],
    ["DELETE", "", undefined],
  ] as const;

  test.each(calls)("without the key is refused, and does nothing: %s %s", async (method, path, body) => {
    const bank = await openDeployedSandbox();
    const id = await bank.create("AU00000", gavin);
    const before = await bank.rows();
    const token = await bank.newToken();
    for (const authorization of ["", "Basic", "Basic other", `Bearer ${token}`, `Basic ${token}`]) {
      const headers = { authorization };
      const [error] = await bank.refused(404, method, `/_control${path}`, { body, headers });
      expect(error).toMatchObject({ detail: "Unable to authenticate. Please, check your API key" });
    }
    const states = (rows: typeof before) =>
      rows.filter(({ sk }) => !/^(access-token#|calls$|call#)/.test(sk));
    expect(states(await bank.rows())).toEqual(states(before));
    expect((await bank.send("GET", `/jobs/${id}`)).status).toBe(200);
  });

  test("with the key is accepted, whatever the case of the word before the key", async () => {
    const bank = await openDeployedSandbox();
    const headers = { authorization: `BASIC ${apiKey}` };
    expect((await bank.send("GET", "/_control/ledger", { headers })).status).toBe(200);
  });

  test("and a list read no more than a few rows for a caller without the key or a token", async () => {
    const bank = await openDeployedSandbox();
    await bank.create("AU00000", gavin);
    const reads: unknown[] = [];
    bank.client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if ("KeyConditionExpression" in args.input) {
            reads.push(args.input.ExpressionAttributeValues?.[":pk"]?.S);
          }
          if (commandName === "ScanCommand") reads.push("everything");
          return next(args);
        },
      { step: "initialize" },
    );
    for (const path of ["/users/user-1/jobs", connectionsPath()]) {
      await bank.send("GET", path, { token: "made-up" });
    }
    for (const [method, path, body] of calls) {
      await bank.send(method, `/_control${path}`, { body, headers: { authorization: "Basic other" } });
    }
    expect(new Set(reads)).toEqual(new Set(["control"]));
    await bank.ledger();
    expect(reads).toContain("ledger");
  });
});

describe("a fault", () => {
  const path = connectionsPath();

  test.each([
    ["before", 0, 202],
    ["after", 1, 200],
  ])("that resets the connection %s the work is a reply of the gateway", async (reset, jobs, next) => {
    const bank = await openDeployedSandbox();
    await bank.fault("POST", path, 1, { reset });
    const reply = await bank.send("POST", path, { body: createBody });
    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.text)).toMatchObject({ data: [{ code: "internal-server-error" }] });
    expect(await bank.jobsOf()).toHaveLength(jobs);
    expect((await bank.send("POST", path, { body: createBody })).status).toBe(next);
  });

  test.each([
    [5_000, 5_000],
    [600_000, 27_000],
  ])("of a delay of %i ms waits for %i ms before the work", async (delayMs, waited) => {
    const events: unknown[] = [];
    const bank: Bank = await openDeployedSandbox({
      wait: async (ms) => {
        events.push(ms, (await bank.jobsOf()).length);
      },
    });
    await bank.fault("POST", path, 1, { delayMs });
    expect((await bank.send("POST", path, { body: createBody })).status).toBe(202);
    expect(events).toEqual([waited, 0]);
    expect(await bank.jobsOf()).toHaveLength(1);
  });
});

describe("the rows of the table", () => {
  test("expire after 30 days, tokens and calls after two, and users and settings of control calls never", async () => {
    const bank = await openDeployedSandbox();
    await bank.create("AU00003", jared);
    await connected(bank, "AU00000", gavin);
    await bank.send("POST", "/users/user-1/income", { body: {} });
    await bank.control("PUT", "/institutions/AU00000", { status: "major-outage" });
    await bank.control("PUT", "/faults", []);
    await bank.control("PUT", "/consent-ui", { policy: 2 });
    const days = (await bank.rows()).map(({ sk, expiresAt }) => [
      String(sk).split("#")[0],
      expiresAt === undefined ? "never" : Math.floor((expiresAt - start / 1_000) / 86_400),
    ]);
    expect(Object.fromEntries(days)).toEqual({
      ...{
        connection: 30,
        consent: 30,
        report: 30,
        login: 30,
        job: 30,
        owner: 30,
        call: 2,
        "access-token": 2,
      },
      ...{ user: "never", condition: "never", "consent-ui": "never", faults: "never", calls: "never" },
    });
  });

  test("are deleted by a reset, except the tokens and the number of the last call", async () => {
    const bank = await openDeployedSandbox();
    for (let n = 0; n < 15; n++) await bank.create("AU00000", gavin, `user-${n}`);
    expect((await bank.rows()).length).toBeGreaterThan(60);
    await bank.control("DELETE", "");
    const kinds = (await bank.rows()).map(({ pk }) => pk.split("#")[0]);
    expect(kinds.toSorted()).toEqual(["access-token", "counter"]);
  });

  test("of queued jobs are found among many others when their bank is back", async () => {
    const bank = await openDeployedSandbox();
    await bank.control("PUT", "/institutions/AU00004", { status: "major-outage", outage: "queue" });
    const queued = [];
    for (let n = 0; n < 5; n++) {
      queued.push(await bank.create("AU00004", gavin, `user-${n}`));
      await bank.create("AU00000", gavin, `user-${n}`);
    }
    await bank.control("PUT", "/institutions/AU00004", { status: "operational" });
    for (const id of queued) expect((await bank.statuses(id))[0]).toBe("in-progress");
  });

  test.each([
    ["GET", "/jobs/"],
    ["POST", "/users/user-1/connections/"],
    ["GET", "/users/"],
  ])("are not found by an id that is longer than a key can be: %s %s", async (method, path) => {
    const bank = await openDeployedSandbox();
    const [error] = await bank.refused(404, method, `${path}${"a".repeat(3_000)}`);
    expect(error?.code).toBe("resource-not-found");
  });

  test("of the newest calls are shown when a reply cannot contain all", async () => {
    const bank = await openDeployedSandbox();
    const path = "x".repeat(300_000);
    const call = { at: new Date(start).toISOString(), method: "GET", userId: null, institutionId: null };
    for (let n = 100; n < 120; n++) {
      const value = { ...call, path: `${path}${n}` };
      const row = { pk: "ledger", sk: `call#${String(n).padStart(16, "0")}`, value, version: "v", order: n };
      await bank.client.send(new PutItemCommand({ TableName: SANDBOX_TABLE, Item: marshall(row) }));
    }
    const shown = (await bank.ledger()).map((each) => Number(each.path.slice(path.length)));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.length * path.length).toBeLessThan(6_000_000);
    expect(shown).toEqual(Array.from(shown, (_, index) => 120 - shown.length + index));
  });
});

test("the function has exactly the permissions on its table that its calls need", async () => {
  const resources = synthesizedResources({ upstream: "sandbox" });
  const sandbox = functionsByEntry(resources).get("sandbox/sandbox.lambda.ts");
  const granted = permissionsOfRole(resources, roleOf(sandbox?.Properties))
    .map(([action]) => action)
    .filter((action) => action.startsWith("dynamodb:"));

  const bank = await openDeployedSandbox();
  const needed = new Set<string>();
  bank.client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        needed.add(`dynamodb:${commandName.replace(/Command$/, "")}`);
        return next(args);
      },
    { step: "initialize" },
  );
  await bank.answer(await bank.createAndVerify("AU00002", jared), ["1234"]);
  await bank.send("DELETE", "/users/user-1");
  await bank.ledger();
  expect([...needed]).not.toContain("dynamodb:Scan");
  await bank.control("PUT", "/institutions/AU00000", { status: "operational" });
  expect([...needed]).not.toContain("dynamodb:BatchWriteItem");
  await bank.control("DELETE", "");
  expect([...needed].toSorted()).toEqual(granted.toSorted());
});
