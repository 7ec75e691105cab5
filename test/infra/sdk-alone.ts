import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { BUNDLING } from "../../infra/bundling/bundle-entries.ts";

/** What code uses of the AWS SDK: names by package. */
export type SdkUse = { readonly [packageName: string]: readonly string[] };

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Leaves the SDK's imports in the output, as far as what is left of the code uses them. */
const WITHOUT_SDK: Plugin = {
  name: "without-sdk",
  setup({ onResolve }) {
    onResolve({ filter: /^@aws-sdk\// }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

export async function sdkUsedBy(entry: string): Promise<SdkUse> {
  const { outputFiles } = await build({
    ...BUNDLING,
    minify: false,
    plugins: [WITHOUT_SDK],
    absWorkingDir: root,
    entryPoints: [entry],
    write: false,
  });
  return importsIn(outputFiles[0]?.text ?? "");
}

/** Each module that imports a name has a statement for it, under another local name. */
function importsIn(code: string): SdkUse {
  const statements = [...code.matchAll(/^import \{([^}]*)\} from "(@aws-sdk\/[^"]+)";$/gm)];
  const byPackage = Map.groupBy(statements, ([, , from = ""]) => from);
  return Object.fromEntries(
    [...byPackage].map(([from, found]) => [
      from,
      [...new Set(found.flatMap(([, names = ""]) => namesIn(names)))],
    ]),
  );
}

function namesIn(list: string): string[] {
  return list.split(",").map((name) => name.trim().replace(/ as \w+$/, ""));
}

/** The bytes of a bundle of the SDK's parts and nothing else. */
export async function bytesAlone(use: SdkUse): Promise<number> {
  const imports = Object.entries(use).map(
    ([from, names]) => `import { ${names.join(", ")} } from "${from}";`,
  );
  const contents = `${imports.join("\n")}\nexport const used = [${Object.values(use).flat().join(", ")}];`;
  const { outputFiles } = await build({ ...BUNDLING, stdin: { contents, resolveDir: root }, write: false });
  return outputFiles[0]?.contents.byteLength ?? 0;
}
