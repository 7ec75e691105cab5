import { describe, expect, test } from "vitest";
import { RULES, violationsOf } from "./architecture-rules.ts";
import { importsOf, sourceFiles } from "./source-files.ts";

const files = sourceFiles();

test("the sources are found, and imports in them", () => {
  const folders = new Set(files.map(({ path }) => path.split("/").slice(0, 2).join("/")));
  for (const folder of ["functions/domain", "functions/api", "infra/aws", "infra/local", "sandbox/main.ts"]) {
    expect(folders).toContain(folder);
  }
  expect(files.flatMap(importsOf).length).toBeGreaterThan(files.length);
});

test.each(Object.keys(RULES))("%s", (rule) => {
  expect(violationsOf(rule, files)).toEqual([]);
});

test.each([
  [`import { a } from "./a.ts";`, ["functions/domain/a.ts"]],
  [`import type { A } from "../wire/a.ts";`, ["functions/wire/a.ts"]],
  [`import * as z from "zod/mini";`, ["zod/mini"]],
  [`import {\n  type A,\n  b,\n} from "@aws-sdk/client-sfn";`, ["@aws-sdk/client-sfn"]],
  [`import "./effect.ts";`, ["functions/domain/effect.ts"]],
  [`export { a } from "../../infra/a.ts";`, ["infra/a.ts"]],
  [`export * from 'node:util';`, ["node:util"]],
  [`const a = await import("../adapters/a.ts");`, ["functions/adapters/a.ts"]],
  [`// import { a } from "./a.ts";\n/* import "b"; */`, []],
  [`const text = "from";\nconst more = "x";`, []],
])("the scanner reads %j", (text, expected) => {
  expect(importsOf({ path: "functions/domain/planted.ts", text })).toEqual(expected);
});

describe("a planted violation is found:", () => {
  const INWARD = "imports point inward";
  const BARE = "the domain and the use cases import no package, but inspect for the Secret";
  const PACKAGE = "a package stays where it belongs";
  const WORD = "a word stays where it belongs";

  test.each([
    [INWARD, "functions/domain/a.ts", `import { b } from "../wire/b.ts";`],
    [INWARD, "functions/domain/a.ts", `import type { B } from "../use-cases/b.ts";`],
    [INWARD, "functions/wire/a.ts", `import { b } from "../adapters/b.ts";`],
    [INWARD, "functions/use-cases/a.ts", `import { b } from "../adapters/b.ts";`],
    [INWARD, "functions/use-cases/a.ts", `import { b } from "../wire/b.ts";`],
    [INWARD, "functions/adapters/a.ts", `import { b } from "../runtime/b.ts";`],
    [INWARD, "functions/runtime/a.ts", `import { b } from "../use-cases/b.ts";`],
    [INWARD, "functions/api/a.lambda.ts", `import { b } from "../adapters/b.ts";`],
    [INWARD, "functions/workflow/a.lambda.ts", `import { b } from "../domain/b.ts";`],
    [INWARD, "functions/runtime/a.ts", `import { b } from "../../infra/local/b.ts";`],
    [INWARD, "sandbox/a.ts", `import { b } from "../functions/domain/b.ts";`],
    [INWARD, "infra/aws/a.ts", `import { b } from "../../test/support/b.ts";`],
    [BARE, "functions/domain/a.ts", `import * as z from "zod/mini";`],
    [BARE, "functions/domain/a.ts", `import { inspect } from "node:util";`],
    [BARE, "functions/jobs/domain/secret.ts", `import { randomUUID } from "node:crypto";`],
    [BARE, "functions/use-cases/a.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    [PACKAGE, "functions/runtime/a.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    [PACKAGE, "functions/api/a.lambda.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    [PACKAGE, "infra/aws/a.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    [PACKAGE, "sandbox/answer.ts", `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";`],
    [PACKAGE, "infra/local/a.ts", `import { Stack } from "aws-cdk-lib";`],
    [PACKAGE, "functions/wire/a.ts", `import { Table } from "aws-cdk-lib/aws-dynamodb";`],
    [PACKAGE, "infra/aws/a.ts", `import { build } from "esbuild";`],
    [PACKAGE, "functions/runtime/a.ts", `import { env } from "node:process";`],
    [WORD, "functions/domain/a.ts", `const now = Date.now();`],
    [WORD, "functions/domain/a.ts", `const now = new Date();`],
    [WORD, "functions/domain/a.ts", `const id = Math.random();`],
    [WORD, "functions/use-cases/a.ts", `if (process.platform) return;`],
    [WORD, "functions/compose.ts", `const url = process.env["URL"];`],
    [WORD, "infra/local/gateway.ts", `const url = process.env.URL;`],
    [WORD, "sandbox/server.ts", `const url = process.env.URL;`],
    [WORD, "functions/http/api-handler.ts", `process.stdout.write("x");`],
    [WORD, "infra/local/a.ts", `console.log("x");`],
    [WORD, "functions/adapters/a.ts", `return timingSafeEqual(one, other);`],
    [WORD, "sandbox/answer.ts", `return timingSafeEqual(one, other);`],
    [WORD, "functions/adapters/a.ts", `return Buffer.from(one).equals(other);`],
    ["a file is short", "sandbox/a.ts", "const a = 1;\n".repeat(161)],
  ])("%s, in %s: %j", (rule, path, text) => {
    expect(violationsOf(rule, [{ path, text }])).toHaveLength(1);
  });

  test.each([
    [WORD, "functions/domain/a.ts", `const at = new Date(job.updatedAt); // not Date.now()`],
    [WORD, "functions/platform/environment.ts", `const url = process.env["URL"];`],
    [INWARD, "functions/api/a.lambda.ts", `import { b } from "../use-cases/b.ts";`],
    [PACKAGE, "functions/compose.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    ["a file is short", "sandbox/a.ts", "const a = 1;\n".repeat(160)],
  ])("and what is allowed is not: %s, in %s: %j", (rule, path, text) => {
    expect(violationsOf(rule, [{ path, text }])).toEqual([]);
  });
});
