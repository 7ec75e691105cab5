import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { writtenDocument } from "../../docs/openapi-document.ts";

/*
 * Compares replies with `docs/openapi.json`, as a client reads it: with the schemas of the file, and a validator that has nothing
 * to do with the library that made them. Formats such as `uri` are not checked, patterns are.
 */

const document = writtenDocument();
const FILE = "openapi.json";
const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, FILE);
const validators = new Map<string, ValidateFunction>();

const operations = Object.entries(document.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
      /** Paths without parameters come first, as in the gateway. */
      parameters: path.split("{").length - 1,
      pointer: `/paths/${escaped(path)}/${method}/responses`,
      responses,
    })),
  )
  .toSorted((one, other) => one.parameters - other.parameters);

/** Throws unless the document describes the reply. */
export function expectDescribed(method: string, path: string, status: number, json: unknown): void {
  const faults = faultsIn(method, path, status, json);
  if (faults !== undefined) throw new Error(`docs/openapi.json: ${status} of ${method} ${path}: ${faults}`);
}

function faultsIn(method: string, path: string, status: number, json: unknown): string | undefined {
  const [plain = ""] = path.split("?");
  const found = operations.find((each) => each.method === method && each.pattern.test(plain));
  const schema = found === undefined ? "#/components/schemas/Errors" : schemaFor(found, status);
  if (schema === undefined) return "no such status";
  if (schema === "none") return json === undefined ? undefined : "a body";
  const validate = validators.get(schema) ?? ajv.compile({ $ref: `${FILE}${schema}` });
  validators.set(schema, validate);
  return validate(json) ? undefined : ajv.errorsText(validate.errors);
}

/** Returns the pointer of the schema, or `none` for a reply without a body. */
function schemaFor({ responses, pointer }: (typeof operations)[number], status: number): string | undefined {
  const described = responses[status] === undefined ? `${String(status).charAt(0)}XX` : String(status);
  const response = responses[described];
  if (response === undefined) return undefined;
  const name = response.$ref?.split("/").at(-1);
  const { content } = name === undefined ? response : (document.components.responses[name] ?? {});
  if (content?.["application/json"] === undefined) return "none";
  return `${response.$ref ?? `#${pointer}/${described}`}/content/application~1json/schema`;
}

function escaped(path: string): string {
  return encodeURI(path.replaceAll("~", "~0").replaceAll("/", "~1"));
}
