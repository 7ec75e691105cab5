import { basename } from "node:path";

interface Named {
  name: string;
  suite?: Named | undefined;
  file: { filepath: string };
}

/** File, blocks and test, as vitest prints them. */
export function nameOfTest({ name, suite, file }: Named): string {
  const blocks: string[] = [];
  for (let block = suite; block !== undefined; block = block.suite) blocks.unshift(block.name);
  return [basename(file.filepath), ...blocks, name].join(" > ");
}
