import { expect, test } from "vitest";
import { functionsByEntry } from "../infra/resources.ts";
import { permissionsOfRole, roleOf } from "../infra/statements.ts";
import { synthesizedResources } from "../infra/synthesized.ts";
import { jared, openDeployedSandbox, stepMs } from "../sandbox/open-sandbox.ts";

const resources = synthesizedResources({ upstream: "sandbox" });
const sandbox = functionsByEntry(resources).get("sandbox/sandbox.lambda.ts");
const granted = permissionsOfRole(resources, roleOf(sandbox?.Properties))
  .map(([action]) => action)
  .filter((action) => action.startsWith("dynamodb:"));

/** From a connection to everything's end, by what the sandbox asks of its table on the way. */
const JOURNEY: readonly [title: string, walk: (bank: Bank) => Promise<unknown>][] = [
  [
    "a login is answered and ends well",
    async (bank) => {
      const id = await bank.create("AU00002", jared);
      bank.pass(stepMs + 5);
      await bank.answer(id, ["1234"]);
    },
  ],
  ["the ledger is read", (bank) => bank.ledger()],
  ["a bank comes back", (bank) => bank.control("PUT", "/institutions/AU00000", { status: "operational" })],
  ["everything is reset", (bank) => bank.control("DELETE", "")],
];

type Bank = Awaited<ReturnType<typeof openDeployedSandbox>>;

test("each of its permissions on its table is needed by a call of a journey, and none is missing", async () => {
  const bank = await openDeployedSandbox();
  const neededBy = new Map<string, string>();
  let journey = "";
  bank.client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        const action = `dynamodb:${commandName.replace(/Command$/, "")}`;
        if (!neededBy.has(action)) neededBy.set(action, journey);
        return next(args);
      },
    { step: "initialize" },
  );
  for (const [title, walk] of JOURNEY) {
    journey = title;
    await walk(bank);
  }
  expect([...neededBy.keys()].toSorted()).toEqual(granted.toSorted());
  expect(Object.fromEntries(neededBy)).toMatchObject({
    "dynamodb:PutItem": "a login is answered and ends well",
    "dynamodb:Scan": "a bank comes back",
    "dynamodb:BatchWriteItem": "everything is reset",
  });
});
