import { readFileSync } from "node:fs";
import { documentOf, type OpenApiDocument } from "../functions/openapi/document.ts";
import type { Examples } from "../functions/openapi/responses.ts";

/** Relative to the project's root. */
export const DOCUMENT_FILE = "docs/openapi.json";
export const PAGE_FILE = "docs/api.md";
export const RELEASED_FILE = "docs/reference/released-api.tsv";
export const EXAMPLES_FILE = "functions/openapi/examples.json";

/** Returns the text of the document, made from the routes, the schemas and the examples. */
export function documentText(): string {
  return textOf(documentOf(projectVersion(), writtenExamples()));
}

export function writtenPage(): string {
  return readText(PAGE_FILE);
}

/** Returns the facts that programs for the last release rely on, and the version of that release. */
export function releasedPromises(): { version: string; promises: string[] } {
  const [version = "", ...promises] = readText(RELEASED_FILE).trimEnd().split("\n");
  return { version, promises };
}

export function projectVersion(): string {
  return read<{ version: string }>("package.json").version;
}

export function writtenExamples(): Examples {
  return read(EXAMPLES_FILE);
}

export function writtenDocument(): OpenApiDocument {
  return read(DOCUMENT_FILE);
}

export function textOf(json: unknown): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function read<Json>(file: string): Json {
  return JSON.parse(readText(file));
}

function readText(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}
