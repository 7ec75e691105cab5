import type { OpenApiDocument, OperationObject } from "../functions/openapi/document.ts";
import type { Caller } from "../functions/openapi/operation.ts";

/** A part of the page that is generated: its name, what stands between its two marks, and the second mark. */
const GENERATED = /<!-- generated: (.+?) -->\n.*?<!-- end -->/gs;

/** Returns the page with its generated parts made from the document. All other text stays as it is. */
export function pageText(page: string, document: OpenApiDocument): string {
  return page.replaceAll(
    GENERATED,
    (_, name: string) => `<!-- generated: ${name} -->\n${partOf(name, document)}\n<!-- end -->`,
  );
}

function partOf(name: string, document: OpenApiDocument): string {
  if (name === "calls") return callsOf(document);
  if (name === "errors") return errorsOf(document);
  const [operationId = "", status = "", ...words] = name.split(" ");
  return exampleOf(document, operationId, status, words.join(" "));
}

function callsOf({ paths, tags }: OpenApiDocument): string {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags[0],
      cells: [
        `\`${method.toUpperCase()} ${path}\``,
        doesWhat(operation),
        repliesOf(operation),
        tokenOf(operation),
      ],
    })),
  );
  return tags
    .flatMap(({ name, description }) => [
      `### ${name}`,
      description,
      tableOf(
        ["Call", "What it does", "Reply", "Token"],
        rows.filter(({ tag }) => tag === name).map(({ cells }) => cells),
      ),
    ])
    .join("\n\n");
}

function doesWhat({ summary, description }: OperationObject): string {
  return description === undefined ? summary : `${summary}. ${description}`;
}

function repliesOf({ responses }: OperationObject): string {
  const own = Object.entries(responses).filter(([, { $ref }]) => $ref === undefined);
  return own.map(([status, { description }]) => `${status}: ${description}`).join("<br>");
}

const TOKENS: { readonly [caller in Caller]: string } = {
  "API key": "the API key",
  SERVER_ACCESS: "`SERVER_ACCESS`",
  CLIENT_ACCESS: "`CLIENT_ACCESS`",
};

function tokenOf({ security }: OperationObject): string {
  if (security.length === 0) return "none";
  const callers = security.flatMap((each) =>
    Object.entries(each).flatMap(([scheme, roles]) => (scheme === "apiKey" ? ["API key"] : roles)),
  );
  return callers.map((caller) => (isCaller(caller) ? TOKENS[caller] : caller)).join(" or ");
}

function isCaller(name: string): name is Caller {
  return Object.hasOwn(TOKENS, name);
}

/** One row for each status and code, with all details that the API gives. */
function errorsOf({ components }: OpenApiDocument): string {
  const lines = Object.entries(components.responses).flatMap(([name, { description = "" }]) =>
    [...description.matchAll(/^- `(.+?)`: (.+)$/gm)].map(([, code = "", detail = ""]) => [
      name.slice(0, 3),
      `\`${code}\``,
      detail,
    ]),
  );
  const byCode = Map.groupBy(lines, ([status, code]) => `${status} ${code}`);
  const rows = [...byCode.values()].map((found) => [
    found[0]?.[0] ?? "",
    found[0]?.[1] ?? "",
    [...new Set(found.map(([, , detail = ""]) => detail))].join("<br>"),
  ]);
  return tableOf(
    ["Status", "`code`", "`detail`"],
    rows.toSorted(([one = "", code = ""], [other = "", its = ""]) =>
      `${one} ${code}`.localeCompare(`${other} ${its}`),
    ),
  );
}

function exampleOf({ paths }: OpenApiDocument, operationId: string, status: string, name: string): string {
  const operation = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .find((each) => each.operationId === operationId);
  const content =
    status === "request" ? operation?.requestBody?.content : operation?.responses[status]?.content;
  const example = Object.values(content ?? {})[0]?.examples?.[name];
  if (example === undefined)
    throw new Error(`docs/openapi.json has no example '${operationId} ${status} ${name}'.`);
  return `\`\`\`json\n${JSON.stringify(example.value, null, 2)}\n\`\`\``;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
