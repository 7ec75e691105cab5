import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { dynamoApiKeys } from "../../functions/access/api-keys.ts";
import type { ApiKeys } from "../../functions/access/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { fakeApiKeys } from "../support/fake-ports.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

async function onDynamo(...valid: string[]): Promise<ApiKeys> {
  const register = dynamoApiKeyRegister(tables.client, JOBS);
  for (const text of valid) await register.add(new Secret(text), "backend", new Date());
  return dynamoApiKeys(tables.client, JOBS);
}

const IMPLEMENTATIONS: [string, (...valid: string[]) => Promise<ApiKeys>][] = [
  ["in memory", async (...valid) => fakeApiKeys(...valid)],
  ["on DynamoDB", onDynamo],
];

describe.each(IMPLEMENTATIONS)("an API key %s", (_, make) => {
  test("that is valid has a name of its own, which is the beginning of its hash", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const keys = await make(one, other);
    for (const text of [one, other, one]) {
      const hash = createHash("sha256").update(text).digest("hex");
      expect(await keys.idOf(new Secret(text))).toBe(hash.slice(0, 12));
    }
  });

  test("that is not valid has none", async () => {
    const key = randomUUID();
    const keys = await make(key);
    for (const text of [randomUUID(), `${key} `, key.toUpperCase(), key.slice(1), "", "api-key#x", "job#1"]) {
      expect(await keys.idOf(new Secret(text))).toBeUndefined();
    }
  });
});
