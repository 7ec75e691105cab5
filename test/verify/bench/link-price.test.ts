import { afterAll, beforeAll, expect, test } from "vitest";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { textOf } from "../../docs/pages.ts";
import {
  countLink,
  dollarsPer1000,
  type LinkCounts,
  MAX_DOLLARS_PER_1000,
  priceTable,
  savingsTable,
} from "./link-price.ts";
import { sum, type Usage } from "./prices.ts";
import { type CountedSystem, startCounted } from "./system.ts";

const PAGE = "docs/decisions/how-does-a-link-work.md";
const settings = { upstreamVersion: "3.0", consentUiUrl: "https://consent.example/home" };

let system: CountedSystem;
let counted: LinkCounts;
beforeAll(async () => {
  system = await startCounted({
    timeScale: 1,
    synthesize: (context) => synthesizeApart({ ...context, ...settings }),
  });
  counted = await countLink(system);
});
afterAll(() => system?.close());

test("a link writes four rows, reads five times, seals once, and signs nothing", () => {
  const total = (name: keyof Usage) => sum(Object.values(counted.usage).map((usage) => usage[name]));
  const counts = ["calls", "writeUnits", "readUnits", "kmsSymmetric", "kmsAsymmetric"] as const;
  expect(counts.map(total)).toEqual([4, 4, 5, 1, 0]);
});

test("1,000 links are within their price, and the page has all that it is made of", () => {
  expect(dollarsPer1000(counted)).toBeLessThanOrEqual(MAX_DOLLARS_PER_1000);
  expect(
    textOf(PAGE)
      .match(/^\|.*\|$/gm)
      ?.join("\n"),
  ).toBe([priceTable(counted), savingsTable(counted)].join("\n"));
});
