import { expect, test } from "vitest";
import { differencesOf } from "./compare-templates.ts";

const template = (properties: object, metadata: object = {}) => ({
  Description: "Bank connection jobs",
  Resources: { GetJob: { Type: "AWS::Lambda::Function", Properties: properties, Metadata: metadata } },
});
const NOTHING = { harmless: [], others: [] };

test("Templates that differ only in the order of keys, in hashes of assets and in descriptions are equal", () => {
  const before = template(
    { A: [1], Code: { S3Key: "a.zip" }, Description: "old" },
    { "aws:asset:path": "asset.a" },
  );
  const after = template({ Code: { S3Key: "b.zip" }, A: [1] }, { "aws:asset:path": "asset.b" });
  expect(differencesOf(before, { ...after, Description: "Another" })).toEqual(NOTHING);
});

test("Memory sizes and source files are apart from other differences, and a line shows both sides", () => {
  const before = template({ MemorySize: 256, Timeout: 29 }, { "connection-jobs:entry": "a.ts" });
  const after = template({ MemorySize: 512, Timeout: 30 }, { "connection-jobs:entry": "b.ts" });
  expect(differencesOf(before, after)).toEqual({
    harmless: [
      'Resources/GetJob/Metadata/connection-jobs:entry: "a.ts" → "b.ts"',
      "Resources/GetJob/Properties/MemorySize: 256 → 512",
    ],
    others: ["Resources/GetJob/Properties/Timeout: 29 → 30"],
  });
});

test("What only one template has is a difference, and so are an element of a list and another type", () => {
  const before = template({ Actions: ["Get", "Put"], Role: "a", Tags: {} });
  const after = template({ Actions: ["Get"], Role: { Ref: "a" }, Tags: [] });
  expect(differencesOf(before, { ...after, Rules: {} }).others).toEqual([
    'Resources/GetJob/Properties/Actions/1: "Put" → nothing',
    'Resources/GetJob/Properties/Role: "a" → nothing',
    'Resources/GetJob/Properties/Role/Ref: nothing → "a"',
    "Resources/GetJob/Properties/Tags: {} → []",
    "Rules: nothing → {}",
  ]);
});
