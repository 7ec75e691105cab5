import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Returns the path of a Node.js of this version: that of this process or of the path, or else one from the registry, in the folder. */
export async function nodeOf(major: string, folder: string): Promise<string> {
  const found = [
    process.execPath,
    ...(process.env["PATH"] ?? "").split(delimiter).map((path) => join(path, "node")),
  ];
  for (const node of found) {
    const { stdout } = await run(node, ["--version"]).catch(() => ({ stdout: "" }));
    if (stdout.startsWith(`v${major}.`)) return node;
  }
  const apart = await mkdtemp(join(folder, "node-"));
  const name = `node-${process.platform}-${process.arch}`;
  await run("npm", [
    ...["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent"],
    ...["--prefix", apart, `${name}@${major}`],
  ]);
  return join(apart, "node_modules", name, "bin/node");
}
