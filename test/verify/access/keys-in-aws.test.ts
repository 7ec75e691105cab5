import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runKeys } from "../../../infra/cli/keys/run-keys.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { JOBS, localTables } from "../../support/local-aws.ts";

const STACKS: { [name: string]: { [output: string]: string } } = {
  ConnectionJobs: { ApiUrl: "https://api.example", JobsTableName: JOBS },
  Staging: { JobsTableName: JOBS },
  Unfinished: {},
  Foreign: { Other: "x" },
};

/** Answers DescribeStacks in the Query protocol: a form comes in, XML goes out. */
async function fakeCloudFormation() {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const name = form.get("StackName") ?? "";
    asked.push(`${form.get("Action")} ${name}`);
    const outputs = STACKS[name];
    response.writeHead(outputs === undefined ? 400 : 200, { "content-type": "text/xml" });
    response.end(outputs === undefined ? missing(name) : described(name, outputs));
  });
  return { asked, ...(await listenLocally(server)) };
}

function described(name: string, outputs: { [output: string]: string }): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
    <DescribeStacksResult><Stacks><member>
      <StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
      ${members.length > 0 ? `<Outputs>${members.join("")}</Outputs>` : ""}
    </member></Stacks></DescribeStacksResult>
  </DescribeStacksResponse>`;
}

function missing(name: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>
    <Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message>
  </Error></ErrorResponse>`;
}

let tables: Awaited<ReturnType<typeof localTables>>;
let cloudFormation: Awaited<ReturnType<typeof fakeCloudFormation>>;
beforeEach(async () => {
  [tables, cloudFormation] = await Promise.all([localTables(), fakeCloudFormation()]);
  const variables = {
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_DYNAMODB: tables.url,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "someone",
    AWS_SECRET_ACCESS_KEY: "something",
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await cloudFormation.close();
  await tables.close();
});

const keys = (...args: string[]) => runKeys(args, {});
const failure = (line: string) => ({ code: 1, stdout: "", stderr: `${line}\n` });
const listed = async (...args: string[]) => JSON.parse((await keys("list", "--json", ...args)).stdout);

describe("the command for API keys in AWS", () => {
  test("finds the table in the outputs of the default stack, or of the given one", async () => {
    expect(await keys("create", "backend")).toMatchObject({ code: 0 });
    const id = expect.stringMatching(/^[0-9a-f]{12}$/);
    expect(await listed()).toEqual([{ id, name: "backend", createdAt: expect.any(String) }]);
    expect(await listed("--stack", "Staging")).toMatchObject([{ name: "backend" }]);
    const names = ["ConnectionJobs", "ConnectionJobs", "Staging"];
    expect(cloudFormation.asked).toEqual(names.map((name) => `DescribeStacks ${name}`));
  });

  test("takes the given table, without reading a stack", async () => {
    expect(await keys("create", "backend", "--table", JOBS)).toMatchObject({ code: 0 });
    expect(await tables.rows(JOBS)).toHaveLength(1);
    expect(cloudFormation.asked).toEqual([]);
  });

  const noTable = "There is no such table in this region of this account.";
  const noOutput = "has no output JobsTableName. Is it deployed whole?";
  test.each([
    [["list", "--stack", "Gone"], "There is no stack Gone in eu-west-1 of this account."],
    [["list", "--stack", "Unfinished"], `The stack Unfinished ${noOutput}`],
    [["list", "--stack", "Foreign"], `The stack Foreign ${noOutput}`],
    [["list", "--table", "gone"], noTable],
    [["create", "backend", "--table", "gone"], noTable],
  ])("says in one line why %j fails", async (args, line) => {
    expect(await keys(...args)).toEqual(failure(line));
  });

  test("says in one line that credentials, or a region, are missing", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    const noCredentials = "No AWS credentials: Could not load credentials from any providers";
    expect(await keys("list")).toEqual(failure(noCredentials));
    vi.stubEnv("AWS_REGION", undefined);
    expect(await keys("list")).toEqual(failure("No AWS region is set: AWS_REGION says which."));
  });

  test("says in one line that AWS, or local mode, does not answer", async () => {
    const { url, close } = cloudFormation;
    const line = `No local mode answers at ${url}. Start it with npm start, or name its address after --local.`;
    expect(await keys("list", "--local", url)).toEqual(failure(line));
    await close();
    expect(await keys("list", "--local", url)).toEqual(failure(line));
    const { code, stdout, stderr } = await keys("list");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^.*ECONNREFUSED.*\n$/);
  });
});

describe("an API key in AWS that is revoked by its id", () => {
  const ID = "0123456789ab";
  const put = (hash: string, name: string, more: object = {}) => {
    const row = { pk: `api-key#${hash}`, name, createdAt: "2026-01-05T09:00:00.000Z", listed: "api-keys" };
    return tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall({ ...row, ...more }) }));
  };

  test("must exist", async () => {
    await put("f".repeat(64), "backend");
    expect(await keys("revoke", ID)).toEqual(
      failure(`There is no API key ${ID}. One that was made just now may take a second to be found.`),
    );
    expect(await listed()).toEqual([expect.not.objectContaining({ revokedAt: expect.anything() })]);
  });

  test("must be the only one whose hash begins with it", async () => {
    await put(ID.padEnd(64, "0"), "first");
    await put(ID.padEnd(64, "1"), "second");
    expect(await keys("revoke", ID)).toEqual(
      failure(`Several API keys begin with ${ID}. Give more digits of the SHA-256 of the key itself.`),
    );
    expect(await keys("revoke", `${ID}1`)).toMatchObject({ code: 0, stderr: "" });
    const revoked = (await tables.rows(JOBS)).filter((row) => "revokedAt" in row);
    expect(revoked.map(({ name }) => name)).toEqual(["second"]);
  });

  test("must not be revoked before", async () => {
    const [id, revokedAt] = ["a".repeat(12), "2026-01-06T09:00:00.000Z"];
    await put("a".repeat(64), "backend", { revokedAt });
    const line = `The API key ${id}, "backend", was revoked before, at ${revokedAt}.`;
    expect(await keys("revoke", id)).toEqual(failure(line));
    expect(await listed()).toMatchObject([{ revokedAt }]);
  });
});
