import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseBrand, styleOf, supportAddress } from "../../../../functions/page/brand.ts";
import { contrast, textOn } from "../../../../functions/page/contrast.ts";
import { DARK, LIGHT } from "../../../../functions/page/style.ts";
import { checkedBrand, MAX_LOGO_BYTES, type PageBrand } from "../../../../infra/aws/page-brand.ts";

const folder = mkdtempSync(join(tmpdir(), "brand-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Buffer): string {
  const path = join(mkdtempSync(join(folder, "logo-")), "logo");
  writeFileSync(path, content);
  return path;
}

const brandOf = (options: PageBrand) => parseBrand(checkedBrand(options));

describe("a colour", () => {
  // The examples of the guidelines and of their tools.
  test.each([
    ["#000000", "#ffffff", 21],
    ["#ffffff", "#ffffff", 1],
    ["#777777", "#ffffff", 4.48],
    ["#767676", "#FFFFFF", 4.54],
    ["#ff0000", "#ffffff", 4],
  ])("%s has with %s the contrast %d", (one, other, expected) => {
    expect(contrast(one, other)).toBeCloseTo(expected, 2);
    expect(contrast(other, one)).toBeCloseTo(expected, 2);
  });

  test("has text of at least 4.5:1 on it, whichever it is", () => {
    const shades = Array.from({ length: 256 }, (_, shade) => shade.toString(16).padStart(2, "0"));
    for (const colour of shades.flatMap((hex) => [`#${hex}${hex}${hex}`, `#ff${hex}00`, `#00${hex}ff`])) {
      expect([colour, contrast(colour, textOn(colour)) >= 4.5]).toEqual([colour, true]);
    }
  });

  test.each<[string, PageBrand, string]>([
    [
      "light",
      { pageColour: "#ffee00" },
      "pageColour: #ffee00 has a contrast of 1.09:1 with the light background #f3f5f8, and needs 3:1.",
    ],
    [
      "dark",
      { pageColour: "#0a58a8" },
      "pageColour: #0a58a8 has a contrast of 2.3:1 with the dark background #19212a, and needs 3:1: give dark pages a lighter colour.",
    ],
    [
      "dark",
      { pageColour: "#0a58a8", pageColourDark: "#000000" },
      "pageColourDark: #000000 has a contrast of 1.13:1 with the dark background #0f141a, and needs 3:1.",
    ],
    ["none", { pageColourDark: "#8cc0ff" }, "pageColourDark: needs pageColour."],
  ])("with too little contrast to the %s background is refused, with the ratio", (_, options, message) => {
    expect(() => checkedBrand(options)).toThrow(new Error(message));
  });

  test("may be enough for both colour schemes", () => {
    expect(brandOf({ pageColour: "#3f6fb5" }).colours).toEqual({ light: "#3f6fb5", dark: "#3f6fb5" });
  });

  test("fills buttons, and is not that of text on the page", () => {
    const style = styleOf({ colours: { light: "#b3261e", dark: "#ff8a80" } });
    expect(style).toContain(`--accent:#b3261e;--on-accent:#ffffff;--link:${LIGHT.text}`);
    expect(style).toContain(`--accent:#ff8a80;--on-accent:#000000;--link:${DARK.text}`);
    expect(styleOf({})).toContain(`--accent:${LIGHT.accent};`);
  });
});

test.each([
  ["light", LIGHT],
  ["dark", DARK],
])("every text of the %s scheme has enough contrast where it stands", (_, scheme) => {
  const places = [scheme.back, scheme.card, scheme.tint];
  for (const text of [scheme.text, scheme.soft, scheme.link]) {
    expect([text, places.every((place) => contrast(text, place) >= 4.5)]).toEqual([text, true]);
  }
  expect(contrast(scheme.onAccent, scheme.accent)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(scheme.bad, scheme.badTint)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(scheme.line, scheme.card)).toBeGreaterThanOrEqual(3);
});

describe("a logo", () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  const PNG = Buffer.from("89504e470d0a1a0a00", "hex");

  test.each([
    ["svg+xml", SVG],
    ["svg+xml", `\uFEFF<?xml version="1.0"?>\n<!-- <a> --><!DOCTYPE svg PUBLIC "x" "y">\n${SVG}`],
    ["png", PNG],
  ])("is a data address of the type %s", (type, content) => {
    const base64 = Buffer.from(content).toString("base64");
    expect(brandOf({ pageLogo: fileOf(content) }).logo).toBe(`data:image/${type};base64,${base64}`);
  });

  test.each([
    ["that is a page", () => fileOf(`<html>${SVG}`), "must be an SVG or PNG file"],
    ["that is another image", () => fileOf("GIF89a"), "must be an SVG or PNG file"],
    ["that is empty", () => fileOf(""), "must be an SVG or PNG file"],
    ["that is a folder", () => folder, "must be the path of a file"],
    ["that is missing", () => join(folder, "none.svg"), "must be the path of a file"],
    ["that is too large", () => fileOf(SVG.padEnd(MAX_LOGO_BYTES + 1)), "has 3401 bytes, and may have 3400"],
  ])("is no logo %s", (_, path, message) => {
    expect(() => checkedBrand({ pageLogo: path() })).toThrow(new Error(`pageLogo: ${message}.`));
  });
});

test.each([
  ["help@hooli.example", "mailto:help@hooli.example"],
  ["+61 (2) 5550-1234", "tel:+61255501234"],
  ["https://hooli.example/help?from=page", "https://hooli.example/help?from=page"],
])("support at %s is reached at %s", (pageSupport, address) => {
  expect(supportAddress(brandOf({ pageSupport }).support ?? "")).toBe(address);
});

test.each<[keyof PageBrand, string]>([
  ["pageSupport", "javascript:alert(1)"],
  ["pageSupport", "http://hooli.example/help"],
  ["pageSupport", "ask us"],
  ["pageSupport", "help@hooli.example?bcc=me@evil.example"],
  ["pagePrivacyUrl", "http://hooli.example/"],
  ["pagePrivacyUrl", "https://user:pass@hooli.example/"],
  ["pageTermsUrl", "javascript:alert(1)"],
  ["pageTermsUrl", `https://hooli.example/${"a".repeat(300)}`],
  ["pageColour", "red"],
  ["pageColour", "#fff"],
  ["pageColour", "#0a58a8;}"],
  ["pageTexts", "none"],
])("%s is refused as %j", (name, value) => {
  expect(() => checkedBrand({ [name]: value })).toThrow(new RegExp(`^${name}: must be .+\\.$`));
});

test("nothing set is no brand", () => {
  expect(checkedBrand({ pageColour: undefined })).toBeUndefined();
  expect(parseBrand(undefined)).toEqual({});
});
