import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import type { RefusalReason } from "../../../../functions/jobs/domain/refusal.ts";
import { chosenLanguage, LANGUAGES } from "../../../../functions/page/language.ts";
import { counted, fill, filled } from "../../../../functions/page/words.ts";
import { OWN_TEXTS, readTexts, textProblems } from "../../../../infra/aws/page-texts.ts";

const { en } = LANGUAGES;
const folder = mkdtempSync(join(tmpdir(), "texts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const wrongIn = (texts: unknown) => textProblems(texts, en, true);

describe("the languages of this project", () => {
  test("are the files of their folder", () => {
    const files = readdirSync(OWN_TEXTS);
    expect(Object.keys(LANGUAGES).map((tag) => `${tag}.json`)).toEqual(expect.arrayContaining(files));
    expect(files.length).toBe(Object.keys(LANGUAGES).length);
    expect(files.length).toBeGreaterThan(1);
  });

  test.each(Object.entries(LANGUAGES))("%s has every text of English, with its places", (_, words) => {
    expect(wrongIn(words)).toEqual([]);
  });

  test("have words for reasons of refusals only", () => {
    const { tryAgainIn: _, unknown: __, ...reasons } = en.refusals;
    // The compiler checks it.
    expectTypeOf<keyof typeof reasons>().toExtend<RefusalReason>();
  });
});

describe("a language", () => {
  const { wait: _, ...withoutWait } = en;
  const withBanks = (changes: object) => ({ ...en, banks: { ...en.banks, ...changes } });
  const rule = "must be a text of 1 to 500 characters";

  test.each<[string, unknown, string]>([
    ["without a text", withoutWait, "texts.wait is missing"],
    ["with a text that is none", { ...en, wait: 7 }, `texts.wait ${rule}`],
    ["with an empty text", { ...en, wait: " " }, `texts.wait ${rule}`],
    ["with a text that is too long", { ...en, wait: "x".repeat(501) }, `texts.wait ${rule}`],
    [
      "without a place",
      { ...en, errorTitle: "Error" },
      "texts.errorTitle must have the places of “Error: {title}”",
    ],
    [
      "with another place",
      withBanks({ title: "{bank}" }),
      "texts.banks.title must have the places of “Choose your bank”",
    ],
    ["with an unknown text", withBanks({ more: "text" }), "texts.banks.more is unknown"],
    [
      "with a text of an object's own",
      JSON.parse(JSON.stringify(en).replace("{", `{"__proto__":"x",`)),
      "texts.__proto__ is unknown",
    ],
    [
      "with a plural that no language has",
      withBanks({ found: { other: "{found}", some: "x" } }),
      "texts.banks.found.some is unknown",
    ],
    [
      "without the plural that all have",
      withBanks({ found: { one: "x" } }),
      "texts.banks.found.other is missing",
    ],
    [
      "with a plural without its place",
      withBanks({ found: { other: "x" } }),
      "texts.banks.found.other must have the places of “{found} banks.”",
    ],
    ["with a text in place of a group", { ...en, steps: "steps" }, "texts.steps must be an object"],
    ["that is a list", [], "texts.theApp is missing"],
    ["that is nothing", null, "texts must be an object"],
  ])("lacks something %s", (_, texts, wrong) => {
    expect(wrongIn(texts)[0]).toBe(wrong);
  });

  test("may have other plurals than English", () => {
    const found = { one: "1 bank", few: "2 banki", many: "{found} banków", other: "{found} banku" };
    expect(wrongIn({ ...en, banks: { ...en.banks, found } })).toEqual([]);
    expect([1, 3, 5].map((count) => counted("pl", found, count))).toEqual([found.one, found.few, found.many]);
    expect(counted("pl", { other: "any" }, 3)).toBe("any");
  });
});

describe("a folder of texts", () => {
  function reading(files: { readonly [name: string]: string }): () => unknown {
    const own = mkdtempSync(join(folder, "own-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
    return () => readTexts(own);
  }

  test("replaces some texts of a language of ours, and has all texts of another", () => {
    const files = { "de.json": `{"link":{"continue":"Los"}}`, "pt-BR.json": JSON.stringify(en), "a.txt": "" };
    const link = { ...LANGUAGES["de"]?.link, continue: "Los" };
    expect(reading(files)()).toEqual({ de: { ...LANGUAGES["de"], link }, "pt-BR": en });
  });

  test.each<[string, { readonly [name: string]: string }, string | RegExp]>([
    ["without files", {}, "must have a JSON file for each language, such as de.json"],
    ["with a file that is no JSON", { "de.json": "{" }, "de.json: is no JSON"],
    [
      "with a name that is no language",
      { "german.json": "{}" },
      "german.json: is not named by a language, such as pt-BR.json",
    ],
    ["with a name in another case", { "DE.json": "{}" }, "DE.json: is not named by a language"],
    [
      "with a part of a new language",
      { "fr.json": `{"wait":"Attendez"}` },
      /^fr\.json: texts\.theApp is missing; .+ and \d+ more$/,
    ],
    [
      "with a text that has lost its place",
      { "de.json": `{"errorTitle":"x"}` },
      "de.json: texts.errorTitle must have the places of “Error: {title}”",
    ],
  ])("is refused %s", (_, files, message) => {
    expect(reading(files)).toThrow(message);
  });

  test("has to exist", () => {
    expect(() => readTexts(join(folder, "none"))).toThrow("must be the path of a folder");
  });
});

test.each([
  [undefined, "en"],
  ["", "en"],
  ["de", "de"],
  ["DE-ch", "de"],
  ["de-CH-1996, en", "de"],
  ["de-x-bank", "de"],
  ["fr-FR, de;q=0.5, en;q=0.4", "de"],
  ["de;q=0.4, en;q=0.5", "en"],
  ["de;q=0, fr", "en"],
  ["*", "en"],
  ["fr, *;q=0.5, de;q=0.1", "en"],
  ["pt-br", "pt-BR"],
  ["pt", "en"],
  ["deutsch", "en"],
  ["de;q=2", "en"],
  ["de;x", "en"],
  [`de${",x".repeat(600)}`, "en"],
  ["__proto__", "en"],
])("the header %j chooses %s", (header, tag) => {
  expect(chosenLanguage(header, ["en", "de", "pt-BR"])).toBe(tag);
});

test("what is filled into a text is never a text of its own, nor markup", () => {
  expect(fill("{bank} and {time}", { bank: "{time}" })).toBe("{time} and {time}");
  expect(fill("{bank}", { bank: "$&" })).toBe("$&");
  expect(filled("<b>{bank}", { bank: "<i>" }).toString()).toBe("&lt;b&gt;&lt;i&gt;");
});
