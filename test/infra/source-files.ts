import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = "{functions,infra,sandbox}/**/*.ts";

export function sourceFiles(): SourceFile[] {
  return globSync(SOURCES, { cwd: root }).map((path) => ({
    path: path.replaceAll("\\", "/"),
    text: readFileSync(`${root}${path}`, "utf8"),
  }));
}

const SPECIFIER =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

/** What a file imports: packages by their names, files of the project by their paths. */
export function importsOf(file: SourceFile): string[] {
  return [...codeOf(file).matchAll(SPECIFIER)]
    .map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "")
    .map((specifier) =>
      specifier.startsWith(".") ? posix.join(posix.dirname(file.path), specifier) : specifier,
    );
}

/** The text without its comments. */
export function codeOf({ text }: SourceFile): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(?<![:"'`])\/\/.*$/gm, "");
}

export function isOfProject(specifier: string): boolean {
  return /^(functions|infra|sandbox|test|docs)\//.test(specifier);
}
