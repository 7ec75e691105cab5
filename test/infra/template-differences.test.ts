import { expect, test } from "vitest";
import { compareTemplates, renderCompared } from "./template-differences.ts";

const template = (properties: object, metadata: object = {}) => ({
  Description: "Bank connection jobs",
  Resources: { GetJob: { Type: "AWS::Lambda::Function", Properties: properties, Metadata: metadata } },
});
const NOTHING = { memorySizes: [], entries: [], others: [] };
const PATH = ["Resources", "GetJob"];

test("equal templates have no differences, whatever the order of their keys", () => {
  expect(compareTemplates(template({ A: [1], B: null }), template({ B: null, A: [1] }))).toEqual(NOTHING);
});

test("hashes of assets and descriptions are no differences", () => {
  const before = template({ Code: { S3Key: "a.zip" }, Description: "old" }, { "aws:asset:path": "asset.a" });
  const after = template({ Code: { S3Key: "b.zip" } }, { "aws:asset:path": "asset.b" });
  expect(compareTemplates(before, { ...after, Description: "Another" })).toEqual(NOTHING);
});

test("memory sizes and source files are apart from what else differs", () => {
  const before = template({ MemorySize: 256, Timeout: 29 }, { "connection-jobs:entry": "a.ts" });
  const after = template({ MemorySize: 512, Timeout: 30 }, { "connection-jobs:entry": "b.ts" });
  expect(compareTemplates(before, after)).toEqual({
    memorySizes: [{ path: [...PATH, "Properties", "MemorySize"], before: 256, after: 512 }],
    entries: [{ path: [...PATH, "Metadata", "connection-jobs:entry"], before: "a.ts", after: "b.ts" }],
    others: [{ path: [...PATH, "Properties", "Timeout"], before: 29, after: 30 }],
  });
});

test("a part that one template lacks is a difference, and so are a list's element and another type", () => {
  const before = template({ Actions: ["Get", "Put"], Role: "a", Tags: {} });
  const after = template({ Actions: ["Get"], Role: { Ref: "a" }, Tags: [] });
  const { others } = compareTemplates(before, { ...after, Rules: {} });
  expect(others.map(({ path }) => path.join("."))).toEqual([
    "Resources.GetJob.Properties.Actions.1",
    "Resources.GetJob.Properties.Role",
    "Resources.GetJob.Properties.Tags",
    "Rules",
  ]);
});

test("a difference is a line that shows both sides", () => {
  const rendered = renderCompared(compareTemplates({ MemorySize: 256, Name: "a" }, { MemorySize: 512 }));
  expect(rendered).toBe(
    'Differences: 1\n  Name: "a" → nothing\nMemory sizes: 1\n  MemorySize: 256 → 512\nEntries: 0',
  );
});
