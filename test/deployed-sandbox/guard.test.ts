import { describe, expect, test } from "vitest";
import { apiKey, gavin, openDeployedSandbox } from "../sandbox/open-sandbox.ts";

const control = [
  ["PUT", "/institutions/AU00000", { status: "major-outage" }],
  ["PUT", "/faults", [{ method: "GET", path: "/*", times: 1, do: { status: 500 } }]],
  ["GET", "/ledger", undefined],
  ["DELETE", "", undefined],
] as const;

describe("the control side", () => {
  test.each(control)("refuses %s %s without the key, and does nothing", async (method, path, body) => {
    const bank = await openDeployedSandbox();
    const id = await bank.create("AU00000", gavin);
    const before = await bank.rows();
    const token = await bank.newToken();
    for (const authorization of ["", "Basic", "Basic other", `Bearer ${token}`, `Basic ${token}`]) {
      const headers = { authorization };
      const [error] = await bank.refused(404, method, `/_control${path}`, { body, headers });
      expect(error).toMatchObject({ detail: "Unable to authenticate. Please, check your API key" });
    }
    const states = (rows: typeof before) => rows.filter(({ sk }) => !/^(token#|calls$|call#)/.test(sk));
    expect(states(await bank.rows())).toEqual(states(before));
    expect((await bank.send("GET", `/jobs/${id}`)).status).toBe(200);
  });

  test("takes the key, whatever the case of the word before it", async () => {
    const bank = await openDeployedSandbox();
    const headers = { authorization: `BASIC ${apiKey}` };
    expect((await bank.send("GET", "/_control/ledger", { headers })).status).toBe(200);
  });
});

test("what is more than a few rows is not read for a stranger", async () => {
  const bank = await openDeployedSandbox();
  await bank.create("AU00000", gavin);
  const reads: unknown[] = [];
  bank.client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if ("KeyConditionExpression" in args.input)
          reads.push(args.input.ExpressionAttributeValues?.[":pk"]?.S);
        if (commandName === "ScanCommand") reads.push("everything");
        return next(args);
      },
    { step: "initialize" },
  );
  for (const path of ["jobs", "connections"]) {
    await bank.send("GET", `/users/user-1/${path}`, { token: "made-up" });
  }
  for (const [method, path, body] of control) {
    await bank.send(method, `/_control${path}`, { body, headers: { authorization: "Basic other" } });
  }
  expect(new Set(reads)).toEqual(new Set(["control"]));
  await bank.ledger();
  expect(reads).toContain("ledger");
});
