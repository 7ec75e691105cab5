import { codeOf, importsOf, isOfProject, type SourceFile } from "./source-files.ts";

/** Gives what a file does against a rule; nothing for a file that the rule is not about. */
type Rule = (file: SourceFile) => string[];

const within = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** The folders that each folder may import from. Everything points inward, to the domain. */
const MAY_IMPORT: { readonly [folder: string]: readonly string[] } = {
  "functions/domain": ["functions/domain"],
  "functions/wire": ["functions/wire", "functions/domain"],
  "functions/use-cases": ["functions/use-cases", "functions/domain"],
  "functions/adapters": ["functions/adapters", "functions/wire", "functions/domain"],
  "functions/runtime": ["functions/runtime", "functions/adapters", "functions/wire", "functions/domain"],
  "functions/api": ["functions/runtime", "functions/use-cases", "functions/wire"],
  "functions/workflow": ["functions/runtime", "functions/use-cases", "functions/wire"],
  infra: ["infra", "functions", "sandbox"],
  sandbox: ["sandbox"],
};

/** The folders and files that each package is kept to. */
const PACKAGES: readonly { readonly name: RegExp; readonly only: readonly string[] }[] = [
  {
    name: /^@aws-sdk\//,
    only: [
      "functions/adapters",
      "functions/runtime/compose.ts",
      "infra/keys",
      "infra/local",
      "sandbox/aws/api-key-secret.ts",
      "sandbox/aws/front-on-aws.ts",
      "sandbox/aws/table.ts",
    ],
  },
  {
    name: /^(aws-cdk-lib|constructs)(\/|$)/,
    only: ["infra/aws", "infra/app.ts", "infra/checks.ts", "infra/synthesize.ts"],
  },
  // Whoever deploys the package has none of these.
  { name: /^cdk-nag$/, only: ["infra/checks.ts"] },
  { name: /^esbuild$/, only: ["infra/bundling"] },
  // Its `env` would pass the words below.
  { name: /^(node:)?process$/, only: [] },
  { name: /^(dynalite|aws-local-stepfunctions)$/, only: ["infra/local"] },
];

const PURE = ["functions/domain", "functions/use-cases"];

/** Words of the code that are kept to some files: where they apply, and the files that may have them. */
const WORDS: readonly {
  readonly word: RegExp;
  readonly in?: readonly string[];
  readonly only?: readonly string[];
}[] = [
  { word: /\bconsole\b/ },
  {
    word: /\bprocess\.env\b/,
    only: [
      "functions/runtime/environment.ts",
      "infra/keys/main.ts",
      "infra/local/main.ts",
      "infra/local/start-local.ts",
      "infra/local/function-host.ts",
      "sandbox/environment.ts",
    ],
  },
  { word: /\bprocess\.std(out|err)\b/, in: ["functions"], only: ["functions/runtime/log.ts"] },
  // Whoever compares what a secret went into asks one module, the sandbox its own.
  {
    word: /\btimingSafeEqual\b|\.equals\(/,
    in: ["functions", "sandbox"],
    only: ["functions/adapters/same-bytes.ts", "sandbox/access-token.ts"],
  },
  { word: /\bprocess\b/, in: PURE },
  { word: /\bDate\.now\b/, in: PURE },
  { word: /\bnew Date\(\s*\)/, in: PURE },
  { word: /\bMath\.random\b/, in: PURE },
  { word: /\bperformance\./, in: PURE },
  { word: /\b(setTimeout|setInterval|fetch)\b/, in: PURE },
];

const MAX_LINES = 160;

export const RULES: { readonly [name: string]: Rule } = {
  "imports point inward": (file) => {
    const folder = Object.keys(MAY_IMPORT).find((name) => within(file.path, [name]));
    const allowed = folder === undefined ? [] : (MAY_IMPORT[folder] ?? []);
    return importsOf(file).filter((path) => isOfProject(path) && !within(path, allowed));
  },
  "the domain and the use cases import no package, but inspect for the Secret": (file) => {
    if (!within(file.path, PURE)) return [];
    const allowed = file.path === "functions/domain/secret.ts" ? ["node:util"] : [];
    return importsOf(file).filter((name) => !isOfProject(name) && !allowed.includes(name));
  },
  "a package stays where it belongs": (file) =>
    importsOf(file).filter((name) =>
      PACKAGES.some((rule) => rule.name.test(name) && !within(file.path, rule.only)),
    ),
  "a word stays where it belongs": (file) =>
    WORDS.filter((rule) => within(file.path, rule.in ?? ["functions", "infra", "sandbox"]))
      .filter((rule) => !within(file.path, rule.only ?? []) && rule.word.test(codeOf(file)))
      .map(({ word }) => word.source),
  "a file is short": ({ text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > MAX_LINES ? [`${lines} lines`] : [];
  },
};

/** A line for each thing that a file does against the rules. */
export function violationsOf(rule: string, files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => (RULES[rule]?.(file) ?? []).map((what) => `${file.path}: ${what}`));
}
