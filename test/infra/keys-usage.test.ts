import { describe, expect, test } from "vitest";
import { readCommand } from "../../infra/keys/read-command.ts";
import { keysAsTable } from "../../infra/keys/render-keys.ts";
import { runKeys } from "../../infra/keys/run-keys.ts";

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
