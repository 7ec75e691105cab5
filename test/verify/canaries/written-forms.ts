import { createHash } from "node:crypto";
import { inspect } from "node:util";

/** A way in which a text may be written, and the bytes that it has then. */
export interface WrittenForm {
  readonly form: string;
  readonly bytes: Buffer;
}

/** JSON in JSON in JSON: a state's input in a history that was read as JSON. */
const JSON_DEPTH = 4;
const DIGESTS = ["md5", "sha1", "sha256"] as const;
const BASE64_GROUP = 3;
const BITS = { byte: 8, base64: 6 } as const;

/** Every way in which somebody may find the text again, each once. */
export function writtenForms(text: string): WrittenForm[] {
  const inJson = asInJson(text);
  const forms = [
    ...textForms(text),
    ...encodedForms("", text),
    ...(inJson === text ? [] : encodedForms(" of JSON", inJson)),
  ];
  return withoutDoubles(forms);
}

/** What a hash without salt or key makes of the text: whoever has a list of passwords reads it back. */
export function digestForms(text: string): WrittenForm[] {
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

/** With so many bytes before it in its group of three: the characters that depend on nothing around it. */
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
