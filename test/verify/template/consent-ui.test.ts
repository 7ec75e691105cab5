import { expect, test } from "vitest";
import { functionsByEntry } from "../../infra/resources.ts";
import { synthesizedResources } from "../../infra/synthesized.ts";
import { permissionsOfRole, roleOf, rows } from "../support/statements.ts";

const SETTINGS = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};

/** The permissions of a function of links, except those for its log. */
function permissionsOf(entry: string, upstreamVersion: string) {
  const resources = synthesizedResources({ ...SETTINGS, upstreamVersion });
  const found = functionsByEntry(resources).get(`functions/links/api/${entry}.lambda.ts`);
  const all = permissionsOfRole(resources, roleOf(found?.Properties ?? {}));
  return all.filter(([action]) => !action.startsWith("logs:"));
}

const KEY = ["secretsmanager:GetSecretValue", "secret:connection-jobs/upstream-api-key-??????"];
const read = ["dynamodb:GetItem", "TablesJobs", rows("link#*")];
const write = ["dynamodb:PutItem", "TablesJobs", rows("link#*")];

test("the functions of links may call the aggregator and adopt jobs only where the Consent UI makes connections", () => {
  const direct = { "open-link": [read, write], "consent-return": [read] };
  for (const [entry, expected] of Object.entries(direct)) {
    expect(permissionsOf(entry, "2.1").toSorted()).toEqual(expected);
  }
  expect(new Set(permissionsOf("open-link", "3.0"))).toEqual(
    new Set([read, write, ["dynamodb:UpdateItem", "TablesJobs", rows("rate#user#*")], KEY]),
  );
  const adopting = ["BatchGetItem", "GetItem", "PutItem"].map((action) => [
    `dynamodb:${action}`,
    "TablesJobs",
    rows("job#*"),
  ]);
  const listed = ["dynamodb:Query", "TablesJobs/index/listed-by-age", rows("user#*")];
  expect(new Set(permissionsOf("consent-return", "3.0"))).toEqual(
    new Set([read, write, ...adopting, listed, ["states:StartExecution", "WorkflowStateMachine"], KEY]),
  );
});
