import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runKeys } from "../../infra/keys/run-keys.ts";
import { fakeCloudFormation } from "../support/fake-cloudformation.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
let cloudFormation: Awaited<ReturnType<typeof fakeCloudFormation>>;

beforeEach(async () => {
  tables = await localTables();
  cloudFormation = await fakeCloudFormation({
    ConnectionJobs: { ApiUrl: "https://api.example", JobsTableName: JOBS },
    Staging: { JobsTableName: JOBS },
    Unfinished: {},
    Foreign: { Other: "x" },
  });
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
const put = (row: object) => tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(row) }));

describe("in AWS, the table is found", () => {
  test("by the stack of the default name, or of another", async () => {
    expect(await keys("create", "backend")).toMatchObject({ code: 0 });
    const shown = {
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      name: "backend",
      createdAt: expect.anything(),
    };
    expect(await listed()).toEqual([shown]);
    expect(await listed("--stack", "Staging")).toMatchObject([{ name: "backend" }]);
    const asked = ["ConnectionJobs", "ConnectionJobs", "Staging"];
    expect(cloudFormation.asked).toEqual(asked.map((name) => `DescribeStacks ${name}`));
  });

  test("by its own name, without asking for a stack", async () => {
    expect(await keys("create", "backend", "--table", JOBS)).toMatchObject({ code: 0 });
    expect(await tables.rows(JOBS)).toHaveLength(1);
    expect(cloudFormation.asked).toEqual([]);
  });
});

describe("one line says", () => {
  test("that there is no such stack, and where it was looked for", async () => {
    expect(await keys("list", "--stack", "Gone")).toEqual(
      failure("There is no stack Gone in eu-west-1 of this account."),
    );
  });

  test.each(["Unfinished", "Foreign"])("that the stack %s has no such output", async (stack) => {
    expect(await keys("list", "--stack", stack)).toEqual(
      failure(`The stack ${stack} has no output JobsTableName. Is it deployed whole?`),
    );
  });

  test.each(["list", "create"])("that there is no such table to %s", async (action) => {
    const words = action === "create" ? ["create", "backend"] : ["list"];
    expect(await keys(...words, "--table", "gone")).toEqual(
      failure("There is no such table in this region of this account."),
    );
  });

  test("that there are no credentials", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    expect(await keys("list")).toEqual(
      failure("No AWS credentials: Could not load credentials from any providers"),
    );
  });

  test("that there is no region", async () => {
    vi.stubEnv("AWS_REGION", undefined);
    expect(await keys("list")).toEqual(failure("No AWS region is set: AWS_REGION says which."));
  });

  test("that nothing answers", async () => {
    await cloudFormation.close();
    const { code, stdout, stderr } = await keys("list");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^.*ECONNREFUSED.*\n$/);
  });

  test("that no local mode answers, nor anything that is another program", async () => {
    const line = (url: string) =>
      failure(`No local mode answers at ${url}. Start it with npm start, or name its address after --local.`);
    expect(await keys("list", "--local", cloudFormation.url)).toEqual(line(cloudFormation.url));
    await cloudFormation.close();
    expect(await keys("list", "--local", cloudFormation.url)).toEqual(line(cloudFormation.url));
  });
});

describe("revoking an id", () => {
  const ID = "0123456789ab";
  const rowOf = (hash: string, name: string) => ({
    pk: `api-key#${hash}`,
    name,
    createdAt: "2026-01-05T09:00:00.000Z",
    listed: "api-keys",
  });

  test("that no key has is refused", async () => {
    await put(rowOf("f".repeat(64), "backend"));
    expect(await keys("revoke", ID)).toEqual(
      failure(`There is no API key ${ID}. One that was made just now may take a second to be found.`),
    );
    expect(await listed()).toEqual([expect.not.objectContaining({ revokedAt: expect.anything() })]);
  });

  test("that two keys share is refused, until more digits tell them apart", async () => {
    await put(rowOf(ID.padEnd(64, "0"), "first"));
    await put(rowOf(ID.padEnd(64, "1"), "second"));
    expect(await keys("revoke", ID)).toEqual(
      failure(`Several API keys begin with ${ID}. Give more digits of the SHA-256 of the key itself.`),
    );
    expect(await keys("revoke", `${ID}1`)).toMatchObject({ code: 0, stderr: "" });
    const revoked = (await tables.rows(JOBS)).filter((row) => "revokedAt" in row);
    expect(revoked.map(({ name }) => name)).toEqual(["second"]);
  });

  test("that was revoked is refused, with the time since when it is", async () => {
    const [hash, revokedAt] = ["a".repeat(64), "2026-01-06T09:00:00.000Z"];
    await put({ ...rowOf(hash, "backend"), revokedAt });
    expect(await keys("revoke", "a".repeat(12))).toEqual(
      failure(`The API key ${"a".repeat(12)}, "backend", was revoked before, at ${revokedAt}.`),
    );
    expect(await listed()).toMatchObject([{ revokedAt }]);
  });
});
