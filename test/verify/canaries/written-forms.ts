import { createHash } from "node:crypto";
import { inspect } from "node:util";
import type { Canary } from "./canary.ts";

/** A way to write a text, and the bytes of it. */
export interface WrittenForm {
  readonly form: string;
  readonly bytes: Buffer;
}

/** A state's input in a history that is itself in JSON. */
const JSON_DEPTH = 4;
const DIGESTS = ["md5", "sha1", "sha256"] as const;
const BASE64_GROUP = 3;
const BITS = { byte: 8, base64: 6 } as const;

/** Every form from which the text can be read again, each once. */
export function writtenForms(text: string): WrittenForm[] {
  const inJson = asInJson(text);
  const forms = [
    ...textForms(text),
    ...encodedForms("", text),
    ...(inJson === text ? [] : encodedForms(" of JSON", inJson)),
  ];
  return withoutDoubles(forms);
}

/** Hashes without salt or key: a list of passwords reverses them. */
function digestForms(text: string): WrittenForm[] {
  return DIGESTS.flatMap((algorithm) => {
    const bytes = createHash(algorithm).update(text).digest();
    const hex = bytes.toString("hex");
    return withoutDoubles([
      { form: `${algorithm} in hex`, bytes: Buffer.from(hex) },
      { form: `${algorithm} in hex`, bytes: Buffer.from(hex.toUpperCase()) },
      { form: `${algorithm} in base64`, bytes: unpadded(bytes.toString("base64")) },
      { form: `${algorithm} in base64url`, bytes: Buffer.from(bytes.toString("base64url")) },
      { form: algorithm, bytes },
    ]);
  });
}

function textForms(text: string): WrittenForm[] {
  const url = encodeURIComponent(text);
  const form = new URLSearchParams({ text }).toString().slice("text=".length);
  const named: [form: string, written: string][] = [
    ["raw", text],
    ...jsonForms(text, asInJson, "JSON"),
    ...jsonForms(text, asInAsciiJson, "ASCII JSON"),
    ["URL", url],
    ["URL", url.replaceAll(/%../g, (code) => code.toLowerCase())],
    ["URL", url.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)],
    ["form", form],
    ["inspect", inspect(text).slice(1, -1)],
  ];
  return named.map(([name, written]) => ({ form: name, bytes: Buffer.from(written) }));
}

function jsonForms(text: string, write: (text: string) => string, name: string) {
  const forms: [string, string][] = [];
  let written = text;
  for (let depth = 1; depth <= JSON_DEPTH; depth++) {
    written = write(written);
    forms.push([`${name}, ${depth} deep`, written]);
  }
  return forms;
}

function asInJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asInAsciiJson(text: string): string {
  return asInJson(text).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function encodedForms(what: string, text: string): WrittenForm[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString("hex");
  const wide = Buffer.from(text, "utf16le");
  return [
    { form: `hex${what}`, bytes: Buffer.from(hex) },
    { form: `hex${what}`, bytes: Buffer.from(hex.toUpperCase()) },
    { form: `UTF-16${what}`, bytes: wide },
    { form: `UTF-16, big end first${what}`, bytes: Buffer.from(wide).swap16() },
    ...Array.from({ length: BASE64_GROUP }, (_, offset) => base64Forms(what, bytes, offset)).flat(),
  ];
}

/** With `offset` bytes before it in its group of three: the characters that do not depend on the bytes around it. */
function base64Forms(what: string, bytes: Buffer, offset: number): WrittenForm[] {
  const placed = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * BITS.byte) / BITS.base64);
  const last = Math.floor((placed.length * BITS.byte) / BITS.base64);
  return (["base64", "base64url"] as const).map((encoding) => ({
    form: `${encoding} at ${offset}${what}`,
    bytes: Buffer.from(placed.toString(encoding).slice(first, last)),
  }));
}

function unpadded(base64: string): Buffer {
  return Buffer.from(base64.replace(/=+$/, ""));
}

function withoutDoubles(forms: readonly WrittenForm[]): WrittenForm[] {
  const byBytes = new Map<string, WrittenForm>();
  for (const form of forms) {
    const key = form.bytes.toString("latin1");
    if (!byBytes.has(key)) byBytes.set(key, form);
  }
  return [...byBytes.values()];
}

/** Bytes that no sink may contain. */
export interface Needle {
  readonly canary: Canary;
  /** Such as `base64 at 1` or `first half, raw`. */
  readonly form: string;
  readonly bytes: Buffer;
}

/** A shorter half could be somewhere by chance. */
const MIN_HALF_CHARS = 10;

/** Every form of a canary and of each of its halves: a cut line, a mask or the end of a block leaves a half. */
export function needlesOf(canary: Canary): Needle[] {
  const { text } = canary;
  const named = (prefix: string, forms: ReturnType<typeof writtenForms>) =>
    forms.map(({ form, bytes }) => ({ canary, form: `${prefix}${form}`, bytes }));
  return [
    ...named("", writtenForms(text)),
    ...named("", digestForms(text)),
    ...halvesOf(text).flatMap(([name, half]) => named(`${name} half, `, writtenForms(half))),
  ];
}

function halvesOf(text: string): [name: string, half: string][] {
  // By characters, because half of a surrogate pair is no character.
  const characters = [...text];
  const middle = Math.ceil(characters.length / 2);
  const halves: [string, string][] = [
    ["first", characters.slice(0, middle).join("")],
    ["last", characters.slice(middle).join("")],
  ];
  return halves.filter(([, half]) => half.length >= MIN_HALF_CHARS);
}
