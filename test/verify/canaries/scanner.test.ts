import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { headerCanary, plainCanary, textCanary } from "./canary.ts";
import { PLANTED_BYTES, PLANTED_SINKS } from "./planted-sinks.ts";
import { BINARY_WRITINGS, TEXT_WRITINGS } from "./planted-writings.ts";
import { type Finding, scannerFor } from "./scanner.ts";

const others = Array.from({ length: 50 }, (_, index) => textCanary(`other ${index}`));
const canaries = [textCanary("password"), headerCanary("API key"), plainCanary("user token")];
const scanner = scannerFor([...others, ...canaries]);

const PLANTS = canaries.flatMap((canary) =>
  Object.entries(TEXT_WRITINGS).flatMap(([writing, write]) =>
    Object.entries(PLANTED_SINKS).map(([sink, plant]) => ({
      canary,
      writing,
      sink,
      plant: () => plant(write(canary.text)),
    })),
  ),
);
const BINARY_PLANTS = canaries.flatMap((canary) =>
  Object.entries(BINARY_WRITINGS).flatMap(([writing, write]) =>
    Object.entries(PLANTED_BYTES).map(([sink, plant]) => ({
      canary,
      writing,
      sink,
      plant: () => plant(write(canary.text)),
    })),
  ),
);
const ALL = [...PLANTS, ...BINARY_PLANTS];

function namesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ canary }) => canary.name))];
}

test("there are enough of them", () => {
  expect(ALL.length).toBeGreaterThan(400);
  process.stdout.write(
    `${ALL.length} planted leaks, ${scanner.needles} needles of ${scanner.canaries} canaries\n`,
  );
});

describe.each(Object.keys({ ...TEXT_WRITINGS, ...BINARY_WRITINGS }))(
  "what is written %s is found",
  (wanted) => {
    test.each(ALL.filter(({ writing }) => writing === wanted))(
      "in $sink: $canary.name",
      async ({ canary, plant }) => {
        const planted = await plant();
        const findings = planted.flatMap(scanner.scan);
        expect(namesOf(findings)).toEqual([canary.name]);
        for (const { sink, at } of findings) {
          expect(planted.map(({ name }) => name)).toContain(sink);
          expect(at).toBeGreaterThan(0);
        }
      },
    );
  },
);

describe("nothing is found", () => {
  test.each([...Object.keys(PLANTED_SINKS)])("in a clean sink: %s", async (sink) => {
    const clean = await PLANTED_SINKS[sink]?.(plainCanary("nobody's").text);
    expect(clean).not.toEqual([]);
    expect(clean?.flatMap(scanner.scan)).toEqual([]);
  });

  test.each(canaries)("of a hash that has a key: $name", ({ text }) => {
    const salted = createHash("sha256").update(`salt ${text}`).digest("hex");
    expect(scanner.scan({ name: "row", content: `{"mac":"${salted}"}` })).toEqual([]);
  });
});

describe("a part of it is found", () => {
  test.each(canaries)("the beginning, and what is masked: $name", (canary) => {
    const cut = [...canary.text].slice(0, Math.ceil([...canary.text].length / 2)).join("");
    const findings = scanner.scan({ name: "log", content: `said ${cut}***` });
    expect(findings).toMatchObject([{ canary, form: "first half, raw", sink: "log", at: 5 }]);
  });

  test.each(canaries)("the end: $name", (canary) => {
    const cut = [...canary.text].slice(Math.ceil([...canary.text].length / 2)).join("");
    const content = Buffer.from(`--- ${cut}`).toString("base64");
    expect(namesOf(scanner.scan({ name: "log", content }))).toEqual([canary.name]);
  });
});

test("a report says what and where, each once, and not the secret itself", () => {
  const [canary] = canaries;
  const text = canary?.text ?? "";
  const findings = scanner.scan({ name: "log", content: `x${text} ${text}` });
  expect(findings.map(({ canary: { name }, form, sink, at }) => ({ name, form, sink, at }))).toEqual([
    { name: "password", form: "raw", sink: "log", at: 1 },
  ]);
});

test("a canary that is too short to be one is refused", () => {
  expect(() => scannerFor([{ name: "PIN", text: "1234" }])).toThrow("Too short to be told: PIN");
});
