import { createHash } from "node:crypto";

/*
 * How leaks are planted: written by other means than those that the scanner makes its needles with.
 */

type Write = (text: string) => string;
type WriteBytes = (text: string) => Buffer;

const hashed =
  (algorithm: string, encoding: "hex" | "base64" | "base64url"): Write =>
  (text) =>
    createHash(algorithm).update(text).digest(encoding);

/** Behind so many bytes, as a part of something longer. */
const within =
  (before: string, encoding: "base64" | "base64url"): Write =>
  (text) =>
    Buffer.from(`${before}${text}","b":1}`).toString(encoding);

export const TEXT_WRITINGS: { readonly [writing: string]: Write } = {
  "as it is": (text) => text,
  "as JSON": (text) => JSON.stringify({ password: text }),
  "as JSON in JSON": (text) => JSON.stringify({ body: JSON.stringify({ password: text }) }),
  "as JSON of ASCII only": (text) =>
    JSON.stringify({ password: text }).replaceAll(
      /[^ -~]/g,
      (one) => `\\u${`000${one.charCodeAt(0).toString(16)}`.slice(-4)}`,
    ),
  "in a URL": (text) => new URL(`https://bank.example/login/${encodeURIComponent(text)}`).href,
  "in a query": (text) => `/token?${new URLSearchParams({ password: text, more: "1" })}`,
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in large hex": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "in base64": within("", "base64"),
  "in base64 behind one byte": within("{", "base64"),
  "in base64 behind two bytes": within('{"', "base64"),
  "in base64url behind one byte": within("{", "base64url"),
  "in the base64 of a body": (text) =>
    Buffer.from(JSON.stringify({ loginId: "x", password: text })).toString("base64"),
  "as md5": hashed("md5", "hex"),
  "as sha1": hashed("sha1", "base64"),
  "as sha256": hashed("sha256", "hex"),
  "as sha256 in base64url": hashed("sha256", "base64url"),
};

export const BINARY_WRITINGS: { readonly [writing: string]: WriteBytes } = {
  "in UTF-16": (text) => Buffer.from(`\ufeff{"password":"${text}`, "utf16le"),
  "in UTF-16 with the big end first": (text) => Buffer.from(`{"password":"${text}`, "utf16le").swap16(),
  "as the bytes of md5": (text) => createHash("md5").update(text).digest(),
  "as the bytes of sha256": (text) => createHash("sha256").update(text).digest(),
};
