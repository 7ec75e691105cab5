import { writeFileSync } from "node:fs";
import { readLocalSettings } from "../infra/local/local-settings.ts";
import { startLocal } from "../infra/local/start-local.ts";
import { pageText } from "./api-page.ts";
import { promisesOf } from "./api-promises.ts";
import {
  DOCUMENT_FILE,
  documentText,
  EXAMPLES_FILE,
  PAGE_FILE,
  projectVersion,
  RELEASED_FILE,
  textOf,
  writtenDocument,
  writtenPage,
} from "./openapi-document.ts";
import { runExamples } from "./run-examples.ts";

/** Runs local mode, and returns the text of the examples. */
async function examplesText(): Promise<string> {
  const apiKey = "examples-api-key";
  const settings = readLocalSettings({
    PORT: "0",
    SANDBOX_PORT: "0",
    LOCAL_API_KEY: apiKey,
    TIME_SCALE: "10",
  });
  const { apiUrl, sandboxUrl = "", close } = await startLocal(settings);
  const examples = await runExamples({ apiUrl, sandboxUrl, apiKey });
  await close();
  return textOf(examples);
}

function write(file: string, text: string): void {
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
}

/*
 * Writes the examples and the document, and the generated part of the page. With `--release`, writes the facts that later versions
 * are compared with instead.
 */
if (process.argv.includes("--release")) {
  write(RELEASED_FILE, `${[projectVersion(), ...promisesOf(writtenDocument())].join("\n")}\n`);
} else {
  process.env["LOG_LEVEL"] = "error";
  write(EXAMPLES_FILE, await examplesText());
  write(DOCUMENT_FILE, documentText());
  write(PAGE_FILE, pageText(writtenPage(), writtenDocument()));
}
