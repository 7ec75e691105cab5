import { readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
/** Read where it is set: only local mode scales time. */
const LOCAL_ONLY = ["TIME_SCALE"];
/** Read by every function, through its log. */
const BY_EVERY_FUNCTION = ["LOG_LEVEL"];

/** The variables and settings that an entry's parts read when they are made, by reading the composition root as text. */
export function variablesNeededBy(entry: string): string[] {
  const textOf = (file: string) => readFileSync(new URL(file, root), "utf8");
  const parts = composedParts(textOf("functions/compose.ts"));
  const wanted = partsOfEntry(textOf(entry));
  const needed = new Set(BY_EVERY_FUNCTION);
  const visit = (name: string, seen: readonly string[]) => {
    const source = parts.get(name);
    if (source === undefined || seen.includes(name)) return;
    for (const variable of variablesIn(source)) needed.add(variable);
    for (const other of parts.keys()) {
      if (new RegExp(`\\b${other}\\(\\)`).test(source)) visit(other, [...seen, name]);
    }
  };
  for (const name of wanted) visit(name, []);
  return [...needed].toSorted();
}

function composedParts(source: string): Map<string, string> {
  const starts = [...source.matchAll(/^(?:export )?const (\w+) =/gm)];
  return new Map(
    starts.map((start, index) => [start[1] ?? "", source.slice(start.index, starts[index + 1]?.index)]),
  );
}

function variablesIn(source: string): string[] {
  const calls = [...source.matchAll(/\b(?:environment|setting)\(([^)]*)\)/g)].map(([, names = ""]) => names);
  const read = calls.flatMap((names) => [...names.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name));
  return read.filter((name) => !LOCAL_ONLY.includes(name));
}

function partsOfEntry(source: string): string[] {
  const named = /import \{([^}]*)\} from "\.[./a-z]*\/compose\.ts"/.exec(source)?.[1] ?? "";
  const prefix = /import \* as (\w+) from "\.[./a-z]*\/compose\.ts"/.exec(source)?.[1];
  const used = prefix === undefined ? [] : [...source.matchAll(new RegExp(`\\b${prefix}\\.(\\w+)`, "g"))];
  return [...named.split(",").map((name) => name.trim()), ...used.map(([, name = ""]) => name)];
}
