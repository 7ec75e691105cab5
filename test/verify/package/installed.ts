import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });
const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

/** An empty CDK app in a folder of its own, with the package as `npm pack` makes it. */
export async function installPackage() {
  const folder = await mkdtemp(join(tmpdir(), "connection-jobs-app-"));
  const { stdout } = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], {
    cwd: ROOT,
    maxBuffer: 16 * 1024 * 1024,
  });
  const [{ filename, files }] = packed.parse(JSON.parse(stdout));
  const { devDependencies } = manifest.parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  const cdk = ["aws-cdk-lib", "constructs"].map((name) => `${name}@${devDependencies[name]}`);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quietly = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  await run("npm", ["install", ...quietly, `./${filename}`, ...cdk], { cwd: folder });

  return {
    packedFiles: files.map(({ path }) => path),
    installed: async () => (await readdir(join(folder, "node_modules"))).filter((name) => /^\w/.test(name)),
    /** Type-checks the app as its developer would, and gives the compiler's words. */
    check: async (app: string) => {
      await writeFile(join(folder, "app.ts"), await readFile(new URL(app, import.meta.url)));
      await copyFile(new URL("app-tsconfig.json", import.meta.url), join(folder, "tsconfig.json"));
      return run(join(ROOT, "node_modules/.bin/tsc"), ["--project", folder]);
    },
    /** Synthesizes the app, and gives what it prints. */
    synthesize: async (outdir: string) =>
      (await run(process.execPath, ["app.ts"], { cwd: folder, env: { ...process.env, CDK_OUTDIR: outdir } }))
        .stdout,
    program: (name: string, ...given: string[]) =>
      run(join(folder, "node_modules/.bin", name), given, { cwd: folder }),
    remove: () => rm(folder, { recursive: true, force: true }),
    folder,
  };
}
