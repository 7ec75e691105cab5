import { expect, test } from "vitest";
import { breaksIn, mayBreak, promisesOf } from "../../../docs/api-promises.ts";
import { projectVersion, releasedPromises, writtenDocument } from "../../../docs/openapi-document.ts";
import type { OpenApiDocument } from "../../../functions/openapi/document.ts";

const released = releasedPromises();
const now = promisesOf(writtenDocument());

test("The document breaks no program for the released version, unless its version says so", () => {
  const breaks = breaksIn(released.promises, now);
  expect(mayBreak(released.version, projectVersion()) ? [] : breaks).toEqual([]);
});

/** Returns what a change of the document breaks. */
function breaksOf(change: (document: OpenApiDocument) => void): string[] {
  const changed = structuredClone(writtenDocument());
  change(changed);
  return breaksIn(now, promisesOf(changed)).map((line) => line.replaceAll("\t", " "));
}
const schema = ({ components }: OpenApiDocument, name: string) => components.schemas[name] ?? {};
const call = ({ paths }: OpenApiDocument, path: string, method: string) => {
  const found = paths[path]?.[method];
  if (found === undefined) throw new Error(`The document has no ${method} ${path}.`);
  return found;
};

test.each<[string, (document: OpenApiDocument) => void, string]>([
  ["a call is removed", ({ paths }) => delete paths["/health"], "GET /health is called by everybody"],
  [
    "a scope is removed",
    (d) => call(d, "/jobs/{jobId}", "get").security.pop(),
    "GET /jobs/{jobId} is called by token CLIENT_ACCESS",
  ],
  [
    "a status is removed",
    (d) => delete call(d, "/jobs/{jobId}", "get").responses["200"],
    "GET /jobs/{jobId} replies 200 Job",
  ],
  [
    "a field of a reply is removed",
    (d) => delete schema(d, "Job").properties?.["created"],
    "Job always has .created",
  ],
  ["a field of a reply becomes optional", (d) => schema(d, "Job").required?.shift(), "Job always has .type"],
  [
    "a field of a reply gets another type",
    (d) => Object.assign(schema(d, "Job").properties?.["created"] ?? {}, { type: "integer" }),
    "Job sends .created integer",
  ],
  [
    "a field of a request becomes required",
    (d) => Object.assign(schema(d, "TokenRequest"), { required: ["scope"] }),
    "TokenRequest needs .scope",
  ],
  [
    "a new parameter is required",
    (d) =>
      call(d, "/jobs/{jobId}", "get").parameters?.push({
        name: "a",
        in: "query",
        description: "",
        required: true,
        schema: {},
      }),
    "GET /jobs/{jobId} needs query a",
  ],
  [
    "a request accepts fewer types",
    (d) =>
      Object.assign(schema(d, "MfaRequest").properties?.["mfa-response"] ?? {}, {
        items: { type: "integer" },
      }),
    "MfaRequest accepts .mfa-response[] string",
  ],
])("A change is not additive if %s", (_, change, expected) => {
  expect(breaksOf(change)).toContain(expected);
});

test.each<[string, (document: OpenApiDocument) => void]>([
  ["a call is added", (d) => Object.assign(d.paths, { "/new": { get: call(d, "/jobs/{jobId}", "get") } })],
  [
    "a reply gets a field",
    (d) => Object.assign(schema(d, "Job").properties ?? {}, { added: { type: "string" } }),
  ],
  [
    "a request gets an optional field",
    (d) => Object.assign(schema(d, "MfaRequest").properties ?? {}, { added: { type: "string" } }),
  ],
  [
    "a field of a reply becomes required",
    (d) => Object.assign(schema(d, "User"), { required: ["email", ...(schema(d, "User").required ?? [])] }),
  ],
])("A change is additive if %s", (_, change) => {
  expect(breaksOf(change)).toEqual([]);
});

test.each([
  ["0.1.0", "0.1.9", false],
  ["0.1.0", "0.2.0", true],
  ["1.1.0", "1.2.0", false],
  ["1.1.0", "2.0.0", true],
])("A program for version %s may break in version %s: %s", (before, after, expected) => {
  expect(mayBreak(before, after)).toBe(expected);
});
