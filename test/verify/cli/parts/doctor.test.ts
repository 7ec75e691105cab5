import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  functionsFinding,
  nodeFinding,
  transitionsFinding,
  versionFinding,
} from "../../../../infra/cli/doctor/report.ts";
import { listenLocally } from "../../../../infra/local/local-server.ts";
import { runCli, startCli } from "../run-cli.ts";

/** What the fakes of AWS answer: the status of the stack, its outputs and more. Each test may change it. */
interface Account {
  stackStatus: string;
  apiUrl: string;
  secret: { status: number; body: object };
  functions: number;
  quotas: { status: number; body: object };
}

const REFUSED = { status: 400, body: { __type: "AccessDeniedException", message: "not allowed" } };

let account: Account;
let asked: string[];
let fake: Awaited<ReturnType<typeof listenLocally>>;
let api: Awaited<ReturnType<typeof listenLocally>>;

beforeEach(async () => {
  asked = [];
  api = await listenLocally(
    createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/token")
        return void response.end('{"access_token":"t","token_type":"Bearer","expires_in":3600}');
      if (request.url === "/openapi.json") return void response.end('{"info":{"version":"0.1.0"}}');
      response.end('{"type":"list","size":0,"count":0,"data":[],"links":{"self":"https://a.example"}}');
    }),
  );
  account = {
    stackStatus: "UPDATE_COMPLETE",
    apiUrl: api.url,
    secret: { status: 200, body: { VersionIdsToStages: { one: ["AWSCURRENT"] } } },
    functions: 1000,
    quotas: {
      status: 200,
      body: { Quotas: [{ QuotaName: "StateTransition throttle token refill rate per second", Value: 800 }] },
    },
  };
  fake = await listenLocally(
    createServer(async (request, response) => {
      const target =
        String(request.headers["x-amz-target"] ?? "")
          .split(".")
          .at(-1) ?? "";
      const body = await text(request);
      const action = target || new URLSearchParams(body).get("Action") || (request.url ?? "");
      asked.push(action);
      if (action === "DescribeStacks") {
        response.writeHead(account.stackStatus === "" ? 400 : 200, { "content-type": "text/xml" });
        return void response.end(account.stackStatus === "" ? missing() : described(account));
      }
      const { status, body: reply } =
        action === "DescribeSecret"
          ? account.secret
          : action === "ListServiceQuotas"
            ? account.quotas
            : { status: 200, body: { AccountLimit: { ConcurrentExecutions: account.functions } } };
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(reply));
    }),
  );
  const services = ["CLOUDFORMATION", "SECRETS_MANAGER", "LAMBDA", "SERVICE_QUOTAS"];
  const variables = {
    ...Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, fake.url])),
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "someone",
    AWS_SECRET_ACCESS_KEY: "something",
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_MAX_ATTEMPTS: "1",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await api.close();
});

function described({ stackStatus, apiUrl }: Account): string {
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>ConnectionJobs</StackName><StackStatus>${stackStatus}</StackStatus>
    <Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>${apiUrl}</OutputValue></member></Outputs>
  </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function missing(): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>
    <Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ConnectionJobs does not exist</Message>
  </Error></ErrorResponse>`;
}

const doctor = (variables = { CONNECTION_JOBS_KEY: "a-canary-key" }) =>
  runCli(["doctor", "--stack", "ConnectionJobs", "--json"], { variables });
const verdictsOf = (stdout: string) =>
  Object.fromEntries(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ name, verdict }) => [name, verdict]),
  );

describe("doctor, of a stack,", () => {
  test("finds that nothing lacks, asks for no value of a secret, and prints no key", async () => {
    const { code, stdout, stderr } = await doctor();
    expect([code, stderr]).toEqual([0, ""]);
    expect(verdictsOf(stdout)).toEqual({
      "Node.js": "ok",
      "AWS region": "ok",
      "AWS credentials": "ok",
      stack: "ok",
      "aggregator's key": "ok",
      "functions at once": "ok",
      "state transitions": "ok",
      API: "ok",
      version: "ok",
      clock: "ok",
      "API key": "ok",
    });
    expect(asked).not.toContain("GetSecretValue");
    expect(stdout).not.toContain("a-canary-key");
  });

  test.each<[string, string, (account: Account) => void, string]>([
    [
      "a stack whose deployment failed",
      "stack",
      (it) => Object.assign(it, { stackStatus: "UPDATE_ROLLBACK_COMPLETE" }),
      "lacks",
    ],
    [
      "a secret without a value",
      "aggregator's key",
      (it) => Object.assign(it, { secret: { status: 200, body: {} } }),
      "lacks",
    ],
    [
      "a secret that it may not look at",
      "aggregator's key",
      (it) => Object.assign(it, { secret: REFUSED }),
      "unknown",
    ],
    ["a new account", "functions at once", (it) => Object.assign(it, { functions: 10 }), "lacks"],
    [
      "quotas that it may not read",
      "state transitions",
      (it) => Object.assign(it, { quotas: REFUSED }),
      "unknown",
    ],
    [
      "quotas without this one",
      "state transitions",
      (it) => Object.assign(it, { quotas: { status: 200, body: {} } }),
      "unknown",
    ],
    [
      "an API that does not answer",
      "API",
      (it) => Object.assign(it, { apiUrl: "http://127.0.0.1:9" }),
      "lacks",
    ],
  ])("finds %s, and goes on", async (_, name, change, verdict) => {
    change(account);
    const { code, stdout } = await doctor();
    expect(verdictsOf(stdout)).toMatchObject({ stack: expect.any(String), [name]: verdict });
    expect(code).toBe(verdict === "lacks" ? 1 : 0);
  });

  test("says what to do about a missing stack, region or key", async () => {
    const noKey = await runCli(["doctor", "--stack", "ConnectionJobs"]);
    expect(noKey.code).toBe(1);
    expect(noKey.stdout).toMatch(
      /^LACKS +API key +The variable CONNECTION_JOBS_KEY is not set.*\n +Make a key with /m,
    );
    account.stackStatus = "";
    const noStack = await runCli(["doctor", "--stack", "ConnectionJobs"]);
    expect(noStack.stdout).toMatch(/^LACKS +stack +There is no stack ConnectionJobs\.\n +Deploy it/m);
    vi.stubEnv("AWS_REGION", undefined);
    expect((await runCli(["doctor", "--stack", "ConnectionJobs"])).stdout).toMatch(/^LACKS +AWS region/m);
  });
});

describe("with --stack,", () => {
  test("a command calls the API whose address the stack has, with the key of the variable", async () => {
    const listing = ["webhooks", "list", "--stack", "ConnectionJobs"];
    const { code, stdout, stderr } = await runCli(listing, {
      variables: { CONNECTION_JOBS_KEY: "a-canary-key" },
    });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^WEBHOOK /);
    expect(asked).toEqual(["DescribeStacks"]);
  });

  test("a command says in one line that there is no such stack, and sandbox that the stack has none", async () => {
    const variables = { CONNECTION_JOBS_KEY: "a-canary-key" };
    expect(await runCli(["sandbox", "reset", "--stack", "ConnectionJobs"], { variables })).toEqual({
      code: 1,
      stdout: "",
      stderr: "The stack ConnectionJobs has no sandbox. Deploy it with -c upstream=sandbox.\n",
    });
    account.stackStatus = "";
    expect(await runCli(["webhooks", "list", "--stack", "ConnectionJobs"], { variables })).toEqual({
      code: 1,
      stdout: "",
      stderr: "There is no stack ConnectionJobs in eu-west-1 of this account.\n",
    });
  });
});

test.each([
  ["Node.js of 18", nodeFinding("v18.20.0"), "lacks"],
  ["Node.js of 20", nodeFinding("v20.0.0"), "ok"],
  ["eleven functions", functionsFinding(11, undefined), "ok"],
  ["as many functions as the deployment was told", functionsFinding(300, 300), "ok"],
  ["more functions than the deployment was told", functionsFinding(300, 250), "ok"],
  [
    "more functions than a new account's, which the deployment was not told",
    functionsFinding(300, 10),
    "lacks",
  ],
  ["fewer functions than the deployment was told", functionsFinding(300, 301), "lacks"],
  ["few transitions", transitionsFinding(25), "lacks"],
  ["another version of the API", versionFinding("0.1.0", "0.2.0"), "lacks"],
])("The verdict about %s", (_, { verdict, advice }, expected) => {
  expect(verdict).toBe(expected);
  expect(advice === undefined).toBe(expected === "ok");
});

test("Ctrl-C during a check ends with 130: the API is not reported as missing", async () => {
  const begun = Promise.withResolvers<void>();
  const silent = await listenLocally(createServer(() => begun.resolve()));
  const checking = startCli(["doctor", "--url", silent.url]);
  await begun.promise;
  checking.interrupt();
  expect(await checking.ended()).toEqual({ code: 130, stdout: "", stderr: "" });
  await silent.close();
});
