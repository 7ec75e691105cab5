import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, test } from "vitest";
import * as z from "zod";
import { connected, gavin, type OpenSandbox, openSandbox } from "../../sandbox/open-sandbox.ts";

/** The aggregator's published documents are not part of this repository. The tests run if they are in a folder beside it. */
const folder = fileURLToPath(new URL("../../../../shared/reference/", import.meta.url));

const documents = { "2.1": ["swagger-2.1"], "3.0": ["openapi-3.0-core", "openapi-3.0-data"] } as const;
type Version = keyof typeof documents;

const schema = z.looseObject({});
const response = z.object({
  schema: schema.optional(),
  content: z.object({ "application/json": z.object({ schema }) }).optional(),
});
const operation = z.object({ responses: z.record(z.string(), z.unknown()) });
const published = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

function schemaOf(version: Version, method: string, path: string, status: number): z.ZodType {
  const texts = documents[version].map((file) => readFileSync(`${folder}${file}.json`, "utf8"));
  const document = texts.map((text) => published.parse(JSON.parse(text))).find(({ paths }) => path in paths);
  const { responses } = operation.parse(document?.paths[path]?.[method.toLowerCase()]);
  const reply = response.parse(responses[status]);
  const found = reply.schema ?? reply.content?.["application/json"].schema;
  const root = { ...found, definitions: document?.["definitions"] };
  const text = JSON.stringify(root).replaceAll('"x-nullable"', '"nullable"');
  return z.fromJSONSchema(JSON.parse(text), { defaultTarget: "openapi-3.0" });
}

/**
 * Where the schemas are wrong: in words, `postDate` is null while a transaction is pending, and the link to a connection is
 * always null, and a user may have an empty e-mail address. The schema of version 2.1 writes `direct-cedit`.
 */
const wrongly = new Set(["postDate", "links.connection", "email", "class"]);

function differences(shape: z.ZodType, reply: unknown): string[] {
  const issues = shape.safeParse(reply).error?.issues ?? [];
  const names = issues.map(({ path, message }) => ({
    field: path.filter((part) => typeof part === "string" && part !== "data").join("."),
    message,
  }));
  return [
    ...new Set(
      names.filter(({ field }) => !wrongly.has(field)).map((each) => `${each.field}: ${each.message}`),
    ),
  ];
}

type Ids = Readonly<Record<string, string>>;

async function prepared(bank: OpenSandbox): Promise<Ids> {
  const connectionId = await connected(bank, "AU00000", gavin);
  const [account] = await bank.accounts();
  const [transaction] = await bank.transactions();
  const report = JSON.parse((await bank.send("POST", "/users/user-1/affordability", { body: {} })).text);
  const identities = JSON.parse((await bank.send("GET", "/users/user-1/identitites")).text);
  return {
    userId: "user-1",
    connectionId,
    accountId: account?.id ?? "",
    transactionId: transaction?.id ?? "",
    snapshotId: report.id,
    identityId: identities.data[0].id,
    institutionID: "AU00000",
    connectorId: "AU00000",
    method: "web",
  };
}

const everywhere = [
  ["POST", "/users", 201, { mobile: "+61410888999" }],
  ["POST", "/users", 400, {}],
  ["GET", "/users/{userId}", 200],
  ["POST", "/users/{userId}", 200, { email: "gavin@hooli.com" }],
  ["GET", "/users/{userId}/accounts", 200],
  ["GET", "/users/{userId}/accounts/{accountId}", 200],
  ["GET", "/users/{userId}/transactions", 200],
  ["GET", "/users/{userId}/transactions/{transactionId}", 200],
  ["GET", "/users/{userId}/connections", 200],
  ["GET", "/users/{userId}/connections/{connectionId}", 200],
  ["GET", "/users/{userId}/jobs", 200],
  ["GET", "/connectors", 200],
  ["GET", "/connectors/{connectorId}/{method}", 200],
] as const;
const inTwo = [
  ["GET", "/institutions", 200],
  ["GET", "/institutions/{institutionID}", 200],
  ["GET", "/public/institutions", 200],
  ["POST", "/users/{userId}/affordability", 200, {}],
  ["GET", "/users/{userId}/affordability", 200],
  ["GET", "/users/{userId}/affordability/{snapshotId}", 200],
  ["GET", "/users/{userId}/affordability/{snapshotId}/transactions", 200],
  ["POST", "/users/{userId}/income", 200, {}],
  ["POST", "/users/{userId}/expenses", 200, {}],
  ["GET", "/enrich", 200],
  ["GET", "/users/{userId}/identitites", 200],
  ["GET", "/users/{userId}/identitites/{identityId}", 200],
  ["GET", "/public/connectors", 200],
  ["GET", "/public/connectors/{connectorId}/{method}", 200],
] as const;

const calls = { "2.1": [...everywhere, ...inTwo], "3.0": everywhere } as const;

describe.skipIf(!existsSync(folder) || inject("sandbox") === "deployed")("the published schema", () => {
  test.each(["2.1", "3.0"] as const)("of each route of version %s fits the reply", async (version) => {
    const bank = await openSandbox();
    const ids = await prepared(bank);
    const token = await bank.newToken({}, version);
    const found: Record<string, readonly string[]> = {};
    for (const [method, path, status, body] of calls[version]) {
      const actual = path.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? "");
      const query = path === "/enrich" ? "?q=Bean+Street+Cafe" : "";
      const reply = await bank.send(method, `${actual}${query}`, { token, body });
      expect([path, reply.status]).toEqual([path, status]);
      const different = differences(schemaOf(version, method, path, status), JSON.parse(reply.text));
      if (different.length > 0) found[`${method} ${path}`] = different;
    }
    expect(found).toEqual({});
  });
});
