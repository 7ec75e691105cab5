import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export interface SourceFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
}

const ROOT = new URL("../../", import.meta.url);

export function sourceFiles(): SourceFile[] {
  const paths = globSync("{client,functions,infra,sandbox}/**/*.ts", { cwd: ROOT });
  return paths.map((path) => ({ path, text: readFileSync(new URL(path, ROOT), "utf8") }));
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
function codeOf({ text }: SourceFile): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(?<![:"'`])\/\/.*$/gm, "");
}

function isOfProject(specifier: string): boolean {
  return /^(client|functions|infra|sandbox|test|docs)\//.test(specifier);
}

/** Gives what a file does against a rule; nothing for a file that the rule is not about. */
type Rule = (file: SourceFile) => string[];

const within = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** What each room may import from, besides itself. The first room that holds a file decides. */
const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  "functions/pass-through/routes.ts": [],
  "functions/routes.ts": ["functions/pass-through/routes.ts"],
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
  "functions/events/domain": ["functions/jobs/domain"],
  "functions/events/use-cases": ["functions/events/domain", "functions/jobs/domain"],
  "functions/events/store": [
    "functions/events/domain",
    "functions/events/use-cases",
    "functions/jobs/domain",
    "functions/jobs/store",
    "functions/platform/dynamo.ts",
  ],
  "functions/institutions/domain": ["functions/jobs/domain"],
  "functions/institutions/use-cases": [
    "functions/institutions/domain",
    "functions/events/domain",
    "functions/jobs/domain",
  ],
  "functions/institutions/store": [
    "functions/institutions/domain",
    "functions/jobs/domain",
    "functions/jobs/store/job-store.ts",
    "functions/platform/dynamo.ts",
  ],
  "functions/institutions/api": [
    "functions/institutions",
    "functions/jobs/domain",
    "functions/jobs/api/replies.ts",
    "functions/access",
    "functions/http",
    "functions/compose.ts",
  ],
  "functions/events/api": [
    "functions/events",
    "functions/jobs/domain",
    "functions/jobs/api/replies.ts",
    "functions/access",
    "functions/http",
    "functions/compose.ts",
  ],
  "functions/events": [
    "functions/institutions/domain",
    "functions/institutions/use-cases",
    "functions/jobs/domain",
    "functions/platform",
    "functions/webhooks/use-cases",
    "functions/webhooks/wake.ts",
    "functions/compose.ts",
  ],
  "functions/webhooks/sending": ["functions/webhooks/domain", "functions/jobs/domain"],
  "functions/webhooks/domain": ["functions/events/domain", "functions/jobs/domain"],
  "functions/webhooks/use-cases": [
    "functions/webhooks/domain",
    "functions/events/domain",
    "functions/jobs/domain",
    "functions/jobs/use-cases",
  ],
  "functions/webhooks/store": [
    "functions/webhooks/domain",
    "functions/events/domain",
    "functions/jobs/domain",
    "functions/jobs/store/vault.ts",
    "functions/platform/dynamo.ts",
  ],
  "functions/webhooks/api": [
    "functions/webhooks/domain",
    "functions/webhooks/use-cases",
    "functions/events/domain",
    "functions/jobs/domain",
    "functions/jobs/api/replies.ts",
    "functions/access",
    "functions/http",
    "functions/routes.ts",
    "functions/compose.ts",
  ],
  "functions/webhooks/upstream": [
    "functions/webhooks/wake.ts",
    "functions/webhooks/use-cases",
    "functions/webhooks/domain",
    "functions/jobs/domain",
    "functions/http",
    "functions/platform",
    "functions/compose.ts",
  ],
  "functions/webhooks": [
    "functions/webhooks",
    "functions/events/api/replies.ts",
    "functions/jobs/domain",
    "functions/platform",
    "functions/compose.ts",
  ],
  "functions/pass-through": [
    "functions/jobs/api/replies.ts",
    "functions/events/domain",
    "functions/webhooks/use-cases",
    "functions/webhooks/wake.ts",
    "functions/jobs/use-cases",
    "functions/jobs/domain",
    "functions/access",
    "functions/http",
    "functions/platform",
    "functions/compose.ts",
  ],
  "functions/aggregators": [
    "functions/jobs/domain",
    "functions/page/bank.ts",
    "functions/links/domain",
    "functions/pass-through/passing.ts",
    "functions/webhooks/domain",
  ],
  "functions/links/domain": ["functions/jobs/domain"],
  "functions/links/use-cases": [
    "functions/links/domain",
    "functions/jobs/domain",
    "functions/jobs/use-cases",
    "functions/access/caller.ts",
    "functions/access/ports.ts",
    "functions/access/rate-limit.ts",
  ],
  "functions/links/store": [
    "functions/links/domain",
    "functions/jobs/domain",
    "functions/jobs/store/vault.ts",
    "functions/platform/dynamo.ts",
  ],
  "functions/links/api": [
    "functions/links/domain",
    "functions/links/use-cases",
    "functions/jobs/domain",
    "functions/jobs/api/replies.ts",
    "functions/jobs/use-cases",
    "functions/access",
    "functions/http",
    "functions/page",
    "functions/platform",
    "functions/routes.ts",
    "functions/compose.ts",
  ],
  "functions/page": [
    "functions/institutions/domain",
    "functions/links/domain",
    "functions/links/use-cases",
    "functions/jobs/api/requests.ts",
    "functions/jobs/use-cases",
    "functions/jobs/domain",
    "functions/access",
    "functions/http",
    "functions/platform",
    "functions/routes.ts",
    "functions/compose.ts",
  ],
  "functions/platform": ["functions/jobs/domain", "functions/routes.ts"],
  "functions/http": [
    "functions/events/domain",
    "functions/jobs/domain",
    "functions/webhooks/domain",
    "functions/platform",
    "functions/routes.ts",
  ],
  "functions/openapi/openapi.lambda.ts": ["functions/http", "docs/openapi.json"],
  "functions/openapi": [
    "functions/pass-through/routes.ts",
    "functions/events/domain",
    "functions/webhooks/upstream/notification.ts",
    "functions/jobs/api",
    "functions/jobs/domain",
    "functions/links/api",
    "functions/webhooks/api",
    "functions/webhooks/domain",
    "functions/access",
    "functions/http",
    "functions/routes.ts",
  ],
  "functions/access/issue-token.lambda.ts": ["functions/access", "functions/http", "functions/compose.ts"],
  "functions/access": ["functions/http", "functions/jobs/domain", "functions/platform"],
  "functions/compose.ts": [
    "functions/access",
    "functions/aggregators",
    "functions/events/store",
    "functions/institutions/store",
    "functions/jobs/domain",
    "functions/jobs/store",
    "functions/links/domain",
    "functions/links/store",
    "functions/page/brand.ts",
    "functions/page/site.ts",
    "functions/pass-through/public.ts",
    "functions/platform",
    "functions/webhooks/domain",
    "functions/webhooks/store",
    "functions/webhooks/sending",
    "functions/webhooks/upstream/signature.ts",
  ],
  infra: ["client", "functions", "sandbox"],
  client: [],
  sandbox: [],
};

/** The folders and files that each package is kept to. */
const PACKAGES: readonly { readonly name: RegExp; readonly only: readonly string[] }[] = [
  {
    name: /^@aws-sdk\//,
    only: [
      "functions/jobs/store",
      "functions/events/store",
      "functions/institutions/store",
      "functions/links/store",
      "functions/webhooks/store",
      "functions/access/api-keys.ts",
      "functions/access/api-key-register.ts",
      "functions/access/request-counts.ts",
      "functions/access/tokens.ts",
      "functions/platform/dynamo.ts",
      "functions/platform/secrets-manager.ts",
      "functions/compose.ts",
      "infra/cli",
      "infra/local",
      "infra/upstream-webhooks",
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
  { name: /^standardwebhooks$/, only: ["functions/webhooks", "infra/webhooks", "sandbox/notifications"] },
  { name: /^(dynalite|abstract-level)(\/|$)/, only: ["infra/local"] },
  // Functions call addresses that others choose through one sender, which checks them.
  { name: /^node:(dns|https|tls)(\/|$)/, only: ["functions/webhooks/sending"] },
];

const PURE = [
  "functions/jobs/domain",
  "functions/jobs/use-cases",
  "functions/events/domain",
  "functions/events/use-cases",
  "functions/institutions/domain",
  "functions/institutions/use-cases",
  "functions/links/domain",
  "functions/links/use-cases",
  "functions/webhooks/domain",
  "functions/webhooks/use-cases",
];

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
      "infra/cli/keys/main.ts",
      "infra/cli/main.ts",
      "infra/upstream-webhooks/main.ts",
      "infra/webhooks/main.ts",
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
    only: ["functions/aggregators/basiq", "functions/compose.ts", "functions/openapi"],
  },
  // In Lambda, the loopback has the API of the runtime.
  { word: /\bloopbackReceivers\.allow\b/, only: ["infra/local/start-local.ts"] },
  // Everywhere else, what waits on the clock waits in real time.
  { word: /\bsleepWith\b/, only: ["functions/platform/clock.ts", "infra/testing/run-system.ts"] },
  { word: /\bprocess\b/, in: [...PURE, "client"] },
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
  "functions/events/domain/event.ts": ["node:crypto"],
  "functions/institutions/domain/attempt.ts": ["node:crypto"],
  "functions/links/domain/hashes.ts": ["node:crypto"],
  "functions/webhooks/domain/upstream-message.ts": ["node:crypto"],
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
  "the client imports no package": (file) =>
    within(file.path, ["client"]) ? importsOf(file).filter((name) => !isOfProject(name)) : [],
  "a package stays where it belongs": (file) =>
    importsOf(file).filter((name) =>
      PACKAGES.some((rule) => rule.name.test(name) && !within(file.path, rule.only)),
    ),
  "a word stays where it belongs": (file) =>
    WORDS.filter((rule) => within(file.path, rule.in ?? ["client", "functions", "infra", "sandbox"]))
      .filter((rule) => !within(file.path, rule.only ?? []) && rule.word.test(codeOf(file)))
      .map(({ word }) => word.source),
};

/** A line for each thing that a file does against the rules. */
export function violationsOf(rule: string, files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => (RULES[rule]?.(file) ?? []).map((what) => `${file.path}: ${what}`));
}

/** The files that import each other in a circle, and those that import them: all that is left without the others. */
export function circlesIn(files: readonly SourceFile[]): string[] {
  const left = new Map(files.map((file) => [file.path, importsOf(file)]));
  for (const path of left.keys()) removeUnlessInCircle(path);
  return [...left.keys()].toSorted();

  function removeUnlessInCircle(path: string): void {
    if (left.get(path)?.some((imported) => left.has(imported)) ?? true) return;
    left.delete(path);
    for (const [other, imports] of left) if (imports.includes(path)) removeUnlessInCircle(other);
  }
}
