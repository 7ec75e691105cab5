import { afterAll, beforeAll, expect, test } from "vitest";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { textOf } from "../../docs/pages.ts";
import { countLink, type LinkCounts, MAX_DATA_DOLLARS_PER_1000 } from "./link-price.ts";
import { sum } from "./prices.ts";
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

test("a link writes four rows, seals once, and signs nothing", () => {
  const total = (name: "calls" | "writeUnits" | "kmsSymmetric" | "kmsAsymmetric") =>
    sum(Object.values(counted.usage).map((usage) => usage[name]));
  expect([total("calls"), total("writeUnits"), total("kmsSymmetric"), total("kmsAsymmetric")]).toEqual([
    4, 4, 1, 0,
  ]);
});

test("what 1,000 links store and seal is within its price, and both prices are those of the page", () => {
  const { data, all } = counted.dollarsPer1000;
  expect(data).toBeLessThanOrEqual(MAX_DATA_DOLLARS_PER_1000);
  const written = [...textOf(PAGE).matchAll(/^\| .+ \| \$(0\.\d{4}) \|$/gm)].map(([, dollars]) => dollars);
  expect(written).toEqual([data, all].map((dollars) => dollars.toFixed(4)));
});
