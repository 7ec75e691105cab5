import { describe, expect, test } from "vitest";
import { circlesIn, importsOf, RULES, sourceFiles, violationsOf } from "./architecture-rules.ts";

const files = sourceFiles();

test("The sources are found, and their imports", () => {
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["functions/compose.ts", "infra/app.ts", "sandbox/main.ts"]));
  expect(files.flatMap(importsOf).length).toBeGreaterThan(files.length);
});

test.each(Object.keys(RULES))("No file breaks the rule: %s", (rule) => {
  expect(violationsOf(rule, files)).toEqual([]);
});

test.each([
  [`import { a } from "./a.ts";`, ["functions/jobs/domain/a.ts"]],
  [`import type { A } from "../wire/a.ts";`, ["functions/jobs/wire/a.ts"]],
  [`import * as z from "zod/mini";`, ["zod/mini"]],
  [`import {\n  type A,\n  b,\n} from "@aws-sdk/client-sfn";`, ["@aws-sdk/client-sfn"]],
  [`import "./effect.ts";`, ["functions/jobs/domain/effect.ts"]],
  [`export { a } from "../../../infra/a.ts";`, ["infra/a.ts"]],
  [`export * from 'node:util';`, ["node:util"]],
  [`const a = await import("../adapters/a.ts");`, ["functions/jobs/adapters/a.ts"]],
  [`// import { a } from "./a.ts";\n/* import "b"; */`, []],
  [`const text = "from";\nconst more = "x";`, []],
])("The scanner for imports reads %j", (text, expected) => {
  expect(importsOf({ path: "functions/jobs/domain/planted.ts", text })).toEqual(expected);
});

describe("a violation is found:", () => {
  const ROOM = "a room imports only from the rooms that it may";
  const BARE = "the domain and the use cases import no package";
  const ALONE = "the client imports no package";
  const PACKAGE = "a package stays where it belongs";
  const WORD = "a word stays where it belongs";

  test.each([
    [ROOM, "functions/jobs/domain/a.ts", `import type { B } from "../use-cases/b.ts";`],
    [ROOM, "functions/jobs/use-cases/a.ts", `import { b } from "../store/b.ts";`],
    [ROOM, "functions/jobs/use-cases/a.ts", `import { b } from "../../access/authenticate.ts";`],
    [ROOM, "functions/compose.ts", `import { b } from "./jobs/use-cases/b.ts";`],
    [ROOM, "functions/http/a.ts", `import { b } from "../../infra/local/b.ts";`],
    [ROOM, "sandbox/a.ts", `import { b } from "../functions/jobs/domain/b.ts";`],
    [ROOM, "infra/aws/a.ts", `import { b } from "../../test/support/b.ts";`],
    [ROOM, "client/a.ts", `import { ROUTES } from "../functions/routes.ts";`],
    [ALONE, "client/a.ts", `import { setTimeout } from "node:timers/promises";`],
    [BARE, "functions/jobs/domain/a.ts", `import * as z from "zod/mini";`],
    [BARE, "functions/jobs/domain/a.ts", `import { inspect } from "node:util";`],
    [BARE, "functions/jobs/domain/secret.ts", `import { readFileSync } from "node:fs";`],
    [PACKAGE, "functions/jobs/api/a.lambda.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
    [PACKAGE, "sandbox/answer.ts", `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";`],
    [PACKAGE, "functions/http/a.ts", `import { Table } from "aws-cdk-lib/aws-dynamodb";`],
    [PACKAGE, "infra/aws/a.ts", `import { build } from "esbuild";`],
    [PACKAGE, "functions/platform/a.ts", `import { env } from "node:process";`],
    [WORD, "functions/jobs/domain/a.ts", `const now = Date.now();`],
    [WORD, "functions/jobs/domain/a.ts", `const now = new Date();`],
    [WORD, "functions/jobs/domain/a.ts", `const id = Math.random();`],
    [WORD, "functions/jobs/use-cases/a.ts", `if (process.platform) return;`],
    [WORD, "functions/jobs/use-cases/a.ts", `await deps.jobs.record(job, change);`],
    [WORD, "functions/jobs/use-cases/a.ts", `return { event: "failed", changes };`],
    [WORD, "functions/jobs/store/a.ts", `const url = basiqUrl;`],
    [WORD, "sandbox/server.ts", `const url = process.env.URL;`],
    [WORD, "functions/http/api-handler.ts", `process.stdout.write("x");`],
    [WORD, "infra/local/a.ts", `console.log("x");`],
    [WORD, "functions/compose.ts", `loopbackReceivers.allow();`],
    [WORD, "functions/jobs/store/a.ts", `return timingSafeEqual(one, other);`],
    [WORD, "functions/jobs/store/a.ts", `return Buffer.from(one).equals(other);`],
  ])("%s, in %s: %j", (rule, path, text) => {
    expect(violationsOf(rule, [{ path, text }])).toHaveLength(1);
  });

  test.each([
    [WORD, "functions/jobs/domain/a.ts", `const at = new Date(job.updatedAt); // not Date.now()`],
    [WORD, "functions/platform/environment.ts", `const url = process.env["URL"];`],
    [WORD, "functions/access/a.ts", `request.header("basiq-version");`],
    [ROOM, "functions/jobs/api/a.lambda.ts", `import { b } from "../use-cases/b.ts";`],
    [ROOM, "functions/jobs/use-cases/a.ts", `import { b } from "../../access/rate-limit.ts";`],
    [PACKAGE, "functions/compose.ts", `import { SFNClient } from "@aws-sdk/client-sfn";`],
  ])("but nothing that is allowed: %s, in %s: %j", (rule, path, text) => {
    expect(violationsOf(rule, [{ path, text }])).toEqual([]);
  });
});

describe("import circles", () => {
  test("No files import each other in a circle, not even for types", () => {
    expect(circlesIn(files)).toEqual([]);
  });

  test("A circle of three files is found, beside a file that it imports", () => {
    const chain = [
      { path: "functions/a.ts", text: `import type { B } from "./b.ts";\nimport { d } from "./d.ts";` },
      { path: "functions/b.ts", text: `import { c } from "./c.ts";` },
      { path: "functions/d.ts", text: "" },
    ];
    expect(circlesIn(chain)).toEqual([]);
    const closing = { path: "functions/c.ts", text: `export { a } from "./a.ts";` };
    expect(circlesIn([...chain, closing])).toEqual(["functions/a.ts", "functions/b.ts", "functions/c.ts"]);
  });
});
