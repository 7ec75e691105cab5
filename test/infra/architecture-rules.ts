import { codeOf, importsOf, isOfProject, type SourceFile } from "./source-files.ts";

/** Gives what a file does against a rule; nothing for a file that the rule is not about. */
type Rule = (file: SourceFile) => string[];

const within = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** What each room may import from, besides itself. The first room that holds a file decides. */
const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  "functions/routes.ts": [],
  "functions/jobs/domain": [],
  "functions/jobs/use-cases": [
    "functions/jobs/domain",
    "functions/access/caller.ts",
    "functions/access/ports.ts",
    "functions/access/rate-limit.ts",
  ],
  "functions/jobs/store": ["functions/jobs/domain", "functions/platform/dynamo.ts"],
  "functions/jobs/api": [
    "functions/jobs/use-cases",
    "functions/jobs/domain",
    "functions/access",
    "functions/http",
    "functions/platform",
    "functions/compose.ts",
  ],
  "functions/jobs/workflow": [
    "functions/jobs/use-cases",
    "functions/jobs/domain",
    "functions/platform",
    "functions/compose.ts",
  ],
  "functions/aggregators": ["functions/jobs/domain"],
  "functions/platform": ["functions/jobs/domain", "functions/routes.ts"],
  "functions/http": ["functions/jobs/domain", "functions/platform", "functions/routes.ts"],
  "functions/access/issue-token.lambda.ts": ["functions/access", "functions/http", "functions/compose.ts"],
  "functions/access": ["functions/http", "functions/jobs/domain", "functions/platform"],
  "functions/compose.ts": [
    "functions/access",
    "functions/aggregators",
    "functions/jobs/domain",
    "functions/jobs/store",
    "functions/platform",
  ],
  infra: ["functions", "sandbox"],
  sandbox: [],
};

/** The folders and files that each package is kept to. */
const PACKAGES: readonly { readonly name: RegExp; readonly only: readonly string[] }[] = [
  {
    name: /^@aws-sdk\//,
    only: [
      "functions/jobs/store",
      "functions/access/api-keys.ts",
      "functions/access/api-key-register.ts",
      "functions/access/request-counts.ts",
      "functions/access/tokens.ts",
      "functions/platform/dynamo.ts",
      "functions/platform/secrets-manager.ts",
      "functions/compose.ts",
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
  { name: /^dynalite$/, only: ["infra/local"] },
];

const PURE = ["functions/jobs/domain", "functions/jobs/use-cases"];

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
      "functions/platform/environment.ts",
      "infra/keys/main.ts",
      "infra/local/main.ts",
      "infra/local/start-local.ts",
      "infra/local/function-host.ts",
      "sandbox/environment.ts",
    ],
  },
  { word: /\bprocess\.std(out|err)\b/, in: ["functions"], only: ["functions/platform/log.ts"] },
  // Whoever compares what a secret went into asks one module, the sandbox its own.
  {
    word: /\btimingSafeEqual\b|\.equals\(/,
    in: ["functions", "sandbox"],
    only: ["functions/jobs/domain/secret.ts", "sandbox/access-token.ts"],
  },
  // Every end of a job passes through `endJob`.
  {
    word: /\bjobs\.record\b/,
    in: ["functions/jobs/use-cases"],
    only: ["functions/jobs/use-cases/end-job.ts", "functions/jobs/use-cases/change-job.ts"],
  },
  {
    word: /event: "(failed|succeeded)"/,
    in: ["functions/jobs"],
    only: ["functions/jobs/domain/failures.ts"],
  },
  // A second aggregator is a folder beside it. The header with its name is part of our own wire.
  {
    word: /basiq(?!-version)/i,
    in: ["functions"],
    only: ["functions/aggregators/basiq", "functions/compose.ts"],
  },
  { word: /\bprocess\b/, in: PURE },
  { word: /\bDate\.now\b/, in: PURE },
  { word: /\bnew Date\(\s*\)/, in: PURE },
  { word: /\bMath\.random\b/, in: PURE },
  { word: /\bperformance\./, in: PURE },
  { word: /\b(setTimeout|setInterval|fetch)\b/, in: PURE },
];

/** What the domain and the use cases may import of packages: nothing that does or reads anything. */
const PURE_PACKAGES: { readonly [file: string]: readonly string[] } = {
  "functions/jobs/domain/secret.ts": ["node:crypto", "node:util"],
  "functions/jobs/domain/idempotency.ts": ["node:crypto"],
  "functions/jobs/domain/ids.ts": ["zod/mini"],
};

export const RULES: { readonly [name: string]: Rule } = {
  "a room imports only from the rooms that it may": (file) => {
    const room = Object.keys(MAY_IMPORT).find((name) => within(file.path, [name]));
    if (room === undefined) return [];
    const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
    return importsOf(file)
      .filter((path) => isOfProject(path) && !within(path, allowed))
      .map((path) => `${room} may not import ${path}`);
  },
  "the domain and the use cases import no package": (file) => {
    if (!within(file.path, PURE)) return [];
    const allowed = PURE_PACKAGES[file.path] ?? [];
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
};

/** A line for each thing that a file does against the rules. */
export function violationsOf(rule: string, files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => (RULES[rule]?.(file) ?? []).map((what) => `${file.path}: ${what}`));
}

/** The files that import each other in a circle, a line for each circle: the strongly connected parts of the imports (Tarjan). */
export function circlesIn(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const state = new Map<string, { index: number; low: number; isOpen: boolean }>();
  const open: string[] = [];
  const circles: string[] = [];

  function visit(path: string): { index: number; low: number; isOpen: boolean } {
    const mine = { index: state.size, low: state.size, isOpen: true };
    state.set(path, mine);
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue;
      const seen = state.get(next);
      if (seen === undefined) mine.low = Math.min(mine.low, visit(next).low);
      else if (seen.isOpen) mine.low = Math.min(mine.low, seen.index);
    }
    if (mine.low === mine.index) {
      const members = open.splice(open.indexOf(path));
      for (const member of members) Object.assign(state.get(member) ?? {}, { isOpen: false });
      if (members.length > 1) circles.push(members.toSorted().join(" → "));
    }
    return mine;
  }

  for (const path of imports.keys()) if (!state.has(path)) visit(path);
  return circles;
}
