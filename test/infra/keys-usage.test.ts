import { describe, expect, test } from "vitest";
import type { ApiKeyRegister, StoredApiKey } from "../../functions/access/api-key-register.ts";
import { perform } from "../../infra/cli/keys/perform.ts";
import { readCommand } from "../../infra/cli/keys/read-command.ts";
import { keysAsTable } from "../../infra/cli/keys/render-keys.ts";
import { runKeys } from "../../infra/cli/keys/run-keys.ts";

const ID = "0123456789ab";
const STACK = { stack: "ConnectionJobs" };
const localAt = (port: number) => ({ local: `http://127.0.0.1:${port}` });

test.each([
  [["create", "backend"], { command: { action: "create", name: "backend" }, where: STACK }],
  [["list"], { command: { action: "list", asJson: false }, where: STACK }],
  [["--json", "list"], { command: { action: "list", asJson: true }, where: STACK }],
  [["revoke", ID], { command: { action: "revoke", idOrHash: ID }, where: STACK }],
  [["list", "--stack", "Other"], { where: { stack: "Other" } }],
  [["list", "--table=jobs"], { where: { table: "jobs" } }],
  [["list", "--local"], { where: localAt(3000) }],
  [["--local", "http://127.0.0.1:4000", "list"], { where: localAt(4000) }],
  [["--local", "create", "backend"], { command: { name: "backend" }, where: localAt(3000) }],
  [["create", "http://a.example", "--local"], { command: { name: "http://a.example" } }],
  [["create", "--", "--local"], { command: { name: "--local" }, where: STACK }],
  [["create", "n".repeat(100)], { command: { name: "n".repeat(100) } }],
  [["create", "Größe 😀"], { command: { name: "Größe 😀" } }],
])("the keys program accepts %j", (args, understood) => {
  expect(readCommand(args, {})).toMatchObject(understood);
});

test("the keys program uses the port of local mode in the environment, unless an address is given", () => {
  const environment = { PORT: "4000" };
  expect(readCommand(["list", "--local"], environment).where).toEqual(localAt(4000));
  expect(readCommand(["list", "--local", "http://127.0.0.1:5000"], environment).where).toEqual(localAt(5000));
});

describe("the keys program", () => {
  test.each([
    [[]],
    [["remove", ID]],
    [["create"]],
    [["create", "  "]],
    [["create", "n".repeat(101)]],
    [["create", "two\nlines"]],
    [["create", "\u001b[31mred"]],
    [["create", "\u202eesrever"]],
    [["create", "my", "backend"]],
    [["revoke"]],
    [["revoke", "0123456789a"]],
    [["revoke", "cjkey_a-key-by-mistake"]],
    [["list", "--unknown"]],
    [["list", "--json=yes"]],
    [["list", "--stack", "a", "--table", "b"]],
    [["list", "--table", "b", "--local"]],
    [["list", "--local", "https://127.0.0.1:3000"]],
    [["list", "--local", "http://127.0.0.1.elsewhere.example"]],
  ])("refuses %j in one line, and exits with 2", async (args) => {
    const { code, stdout, stderr } = await runKeys(args, {});
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).not.toContain("cjkey_a-key-by-mistake");
  });

  test("refuses a malformed port in the environment", async () => {
    expect(await runKeys(["list", "--local"], { PORT: "@elsewhere.example" })).toMatchObject({ code: 2 });
  });

  test("prints its help", async () => {
    const { code, stdout } = await runKeys(["--help"], {});
    expect(code).toBe(0);
    for (const action of ["create NAME", "list [--json]", "revoke ID"]) expect(stdout).toContain(action);
  });
});

test("the columns of the list are as wide as their widest text", () => {
  const hash = ID.padEnd(64, "0");
  const createdAt = "2026-01-05T09:00:00.000Z";
  const keys = [
    { id: ID, hash, name: "😀 long name", createdAt, revokedAt: undefined },
    { id: ID, hash, name: "short", createdAt, revokedAt: "2026-01-06T09:00:00.000Z" },
  ];
  expect(keysAsTable(keys).split("\n")).toEqual([
    "ID            NAME         CREATED                   REVOKED",
    "0123456789ab  😀 long name  2026-01-05T09:00:00.000Z  -",
    "0123456789ab  short        2026-01-05T09:00:00.000Z  2026-01-06T09:00:00.000Z",
    "",
  ]);
});

describe("performing a command", () => {
  const at = new Date("2026-01-05T09:00:00.000Z");
  const register = (...hashes: string[]): ApiKeyRegister => {
    const keys: StoredApiKey[] = hashes.map((hash) => ({
      id: hash.slice(0, 12),
      hash,
      name: "backend",
      createdAt: at.toISOString(),
      revokedAt: undefined,
    }));
    return {
      add: async (_, name) => ({ id: ID, hash: ID, name, createdAt: at.toISOString(), revokedAt: undefined }),
      list: async () => keys,
      revoke: async (hash, now) => {
        const key = keys.find((one) => one.hash === hash);
        if (key !== undefined) key.revokedAt ??= now.toISOString();
        return key?.revokedAt;
      },
    };
  };
  const revoke = (idOrHash: string) => ({ action: "revoke", idOrHash }) as const;

  test("prints a new key on standard output, and its id on standard error", async () => {
    const { stdout, stderr } = await perform(register(), { action: "create", name: "backend" }, at);
    expect(stdout).toMatch(/^cjkey_\S+\n$/);
    expect(stderr).toContain(ID);
    expect(stderr).not.toContain(stdout.trim());
  });

  test("revokes the one key that the digits name, and says when it was revoked before", async () => {
    const keys = register("aa1".padEnd(64, "0"), "ab2".padEnd(64, "0"));
    await expect(perform(keys, revoke("a"), at)).rejects.toThrow("Several API keys begin with a.");
    await expect(perform(keys, revoke("b"), at)).rejects.toThrow("There is no API key b.");
    expect((await perform(keys, revoke("aa"), at)).stdout).toContain("Revoked the API key aa1000000000");
    const later = new Date(at.getTime() + 1000);
    await expect(perform(keys, revoke("aa"), later)).rejects.toThrow(
      `was revoked before, at ${at.toISOString()}`,
    );
    const list = await perform(keys, { action: "list", asJson: true }, at);
    expect(JSON.parse(list.stdout)).toMatchObject([{ revokedAt: at.toISOString() }, { name: "backend" }]);
  });
});
