/** Replaces one text of a file. */
export interface Edit {
  /** From the project's root. */
  file: string;
  /** Must occur exactly once in the file. Leave out indentation and imports, so that moving code does not make it stale. */
  from: string;
  to: string;
}

/** Removes one safeguard from the product, or breaks one test double. */
export interface Mutant extends Edit {
  name: string;
  /** The edits remove this, in words. */
  removes: string;
  /** Further edits, if one is not enough. */
  also?: readonly Edit[];
  /** Each has to fail: `test/a.test.ts`, `test/a.test.ts > title of a test`, or `tsc test/a.test.ts`. */
  caughtBy: readonly [string, ...string[]];
  /** The failure begins with this, if it is no assertion: a helper of the test throws on purpose. */
  failsBy?: string;
}

/** What is to fail when the safeguard is gone. */
export interface Catcher {
  /** `tsc` for a test that is a type error. */
  program: "vitest" | "tsc";
  /** From the project's root. */
  file: string;
  /** Of the one test that is to fail, or a part of it. */
  title: string | undefined;
}

/** Those of the names, or all where there are none. Throws an `Error` of one line for a name that no mutant has. */
export function chosen(mutants: readonly Mutant[], names: readonly string[]): readonly Mutant[] {
  const unknown = names.filter((wanted) => !mutants.some(({ name }) => name === wanted));
  if (unknown.length > 0) throw new Error(`There is no mutant ${unknown.join(", nor ")}.`);
  return names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name));
}

export function editsOf({ file, from, to, also = [] }: Mutant): readonly Edit[] {
  return [{ file, from, to }, ...also];
}

export function catchersOf({ caughtBy }: Mutant): Catcher[] {
  return caughtBy.map(catcherIn);
}

function catcherIn(words: string): Catcher {
  const [, place = "", title] = /^(.+?)(?: > (.+))?$/.exec(words) ?? [];
  const [file = "", tsc] = place.split(" ").toReversed();
  return { program: tsc === "tsc" ? "tsc" : "vitest", file, title };
}

export function captionOf({ program, file, title }: Catcher): string {
  return `${program === "tsc" ? "tsc, " : ""}${file}${title === undefined ? "" : ` > ${title}`}`;
}
