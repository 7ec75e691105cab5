import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { BUNDLING } from "../../../../infra/bundling/bundle-entries.ts";
import type { RecordedCall } from "./replay.ts";

/** What code uses of the AWS SDK: names by package. */
export type SdkUse = { readonly [packageName: string]: readonly string[] };

const root = fileURLToPath(new URL("../../../../", import.meta.url));

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
  const code = outputFiles[0]?.text ?? "";
  const use: { [packageName: string]: string[] } = {};
  // Each module that imports a name has a statement for it, under another local name.
  for (const [, list = "", from = ""] of code.matchAll(/^import \{([^}]*)\} from "(@aws-sdk\/[^"]+)";$/gm)) {
    const names = list.split(",").map((name) => name.trim().replace(/ as \w+$/, ""));
    use[from] = [...new Set([...(use[from] ?? []), ...names])];
  }
  return use;
}

/**
 * Writes the bundle of a function that uses the same parts of the SDK, and nothing else: for every event it makes the clients
 * and sends what was recorded of the function itself, one call after the other.
 *
 * @returns its bytes.
 */
export async function bundleAlone(
  use: SdkUse,
  calls: readonly RecordedCall[],
  outfile: string,
): Promise<number> {
  const { metafile } = await build({
    ...BUNDLING,
    stdin: { contents: sourceAlone(use, calls), resolveDir: root },
    outfile,
    metafile: true,
  });
  return Object.values(metafile.outputs)[0]?.bytes ?? Number.NaN;
}

export function sourceAlone(use: SdkUse, calls: readonly RecordedCall[]): string {
  // A function may use a command by a paginator.
  const commands = calls.flatMap((call) => awsCallOf(call) ?? []);
  const imports = Object.entries(use).map(([from, names]) => {
    const own = commands.filter((command) => command.from === from);
    return { from, names: [...new Set([...names, ...own.map(({ command }) => command)])] };
  });
  const names = imports.flatMap((each) => each.names);
  const clients = names.filter((name) => name.endsWith("Client"));
  return [
    ...imports.map((each) => `import { ${each.names.join(", ")} } from "${each.from}";`),
    `export const used = [${names.join(", ")}];`,
    "export async function handler() {",
    ...clients.map((client) => `  const ${client.toLowerCase()} = new ${client}({});`),
    ...calls.map((call) => `  ${sending(call)}`),
    "}",
  ].join("\n");
}

/** The services by what the targets of their calls begin with. */
const SERVICES: { readonly [targetPrefix: string]: { client: string; from: string } } = {
  DynamoDB_20120810: { client: "DynamoDBClient", from: "@aws-sdk/client-dynamodb" },
  TrentService: { client: "KMSClient", from: "@aws-sdk/client-kms" },
  AWSStepFunctions: { client: "SFNClient", from: "@aws-sdk/client-sfn" },
  secretsmanager: { client: "SecretsManagerClient", from: "@aws-sdk/client-secrets-manager" },
};

function awsCallOf({ target }: RecordedCall) {
  const [prefix = "", operation = ""] = target?.split(".") ?? [];
  const service = SERVICES[prefix];
  return service && { ...service, command: `${operation}Command` };
}

/** A refusal, such as that of a condition, is a reply too. */
function sending(call: RecordedCall): string {
  const { method, path, headers, body } = call;
  const ofAws = awsCallOf(call);
  if (ofAws !== undefined) {
    return `await ${ofAws.client.toLowerCase()}.send(new ${ofAws.command}(${body})).catch(() => undefined);`;
  }
  const request = JSON.stringify({ method, headers, ...(body !== "" && { body }) });
  const url = `process.env.UPSTREAM_URL + ${JSON.stringify(path)}`;
  return `await fetch(${url}, ${request}).then((response) => response.text());`;
}
