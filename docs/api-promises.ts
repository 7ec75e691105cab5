import type { OpenApiDocument, OperationObject } from "../functions/openapi/document.ts";
import type { JsonSchema } from "../functions/openapi/json-schema.ts";

/*
 * What programs rely on in a document, one line for each fact, so that two versions can be compared. Not compared: words, examples,
 * patterns and limits of values, refusals, and the values of fields in replies, which may become more.
 */

/** Facts that a new version must keep: what programs send and read today. */
const KEPT = ["is called by", "takes", "replies", "accepts", "has", "always has"];
/** Facts that a new version must not add to what existed: what programs do not send or expect today. */
const NOT_ADDED = ["needs", "sends"];

/** Returns the facts of a document: a subject, one of the verbs above and a text, separated by tabs. */
export function promisesOf({ paths, components }: OpenApiDocument): string[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => [`${method.toUpperCase()} ${path}`, found] as const),
  );
  const taken = new Set(
    operations.flatMap(([, { requestBody }]) =>
      Object.values(requestBody?.content ?? {}).map(({ schema }) => nameOf(schema)),
    ),
  );
  return [
    ...operations.flatMap(([name, operation]) => ofOperation(name, operation)),
    ...Object.entries(components.schemas).flatMap(([name, schema]) =>
      taken.has(name) ? ofRequest(name, "", schema) : ofReply(name, "", schema),
    ),
  ].toSorted();
}

function ofOperation(name: string, operation: OperationObject): string[] {
  const { security, parameters = [], requestBody, responses } = operation;
  const callers = security.flatMap((each) =>
    Object.entries(each).map(([scheme, roles]) => [scheme, ...roles].join(" ")),
  );
  return [
    ...(callers.length === 0 ? ["everybody"] : callers).map((caller) => fact(name, "is called by", caller)),
    ...parameters.flatMap(({ name: parameter, in: place, required, schema }) => [
      ...(required ? [fact(name, "needs", `${place} ${parameter}`)] : []),
      ...ofRequest(name, `${place} ${parameter}`, schema),
    ]),
    ...(requestBody?.required ? [fact(name, "needs", "a body")] : []),
    ...Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
      fact(name, "takes", `${type} ${nameOf(schema)}`),
    ),
    ...Object.entries(responses)
      .filter(([, { $ref }]) => $ref === undefined)
      .map(([status, { content = {} }]) =>
        fact(
          name,
          "replies",
          [status, ...Object.values(content).map(({ schema }) => nameOf(schema))].join(" "),
        ),
      ),
  ];
}

/** Facts about a value that programs send. */
function ofRequest(subject: string, place: string, schema: JsonSchema): string[] {
  return [
    ...(place === "" ? [] : typesOf(schema).map((type) => fact(subject, "accepts", `${place} ${type}`))),
    ...childrenOf(schema).flatMap(([name, child, isRequired]) => [
      ...(isRequired ? [fact(subject, "needs", `${place}${name}`)] : []),
      ...ofRequest(subject, `${place}${name}`, child),
    ]),
  ];
}

/** Facts about a value that programs read. */
function ofReply(subject: string, place: string, schema: JsonSchema): string[] {
  const { enum: _, ...open } = schema;
  return [
    ...(place === "" ? [] : typesOf(open).map((type) => fact(subject, "sends", `${place} ${type}`))),
    ...childrenOf(schema).flatMap(([name, child, isRequired]) => [
      fact(subject, isRequired ? "always has" : "has", `${place}${name}`),
      ...ofReply(subject, `${place}${name}`, child),
    ]),
  ];
}

function typesOf({ $ref, type, anyOf, enum: values, const: value }: JsonSchema): string[] {
  if ($ref !== undefined) return [nameOf({ $ref })];
  if (anyOf !== undefined) return anyOf.flatMap(typesOf);
  if (value !== undefined) return [JSON.stringify(value)];
  if (values !== undefined) return values.map((each) => JSON.stringify(each));
  return [type ?? "anything"].flat();
}

/** Returns the fields of an object or the entries of a list, with whether they are required. */
function childrenOf({
  properties = {},
  required = [],
  items,
  anyOf = [],
}: JsonSchema): [string, JsonSchema, boolean][] {
  return [
    ...Object.entries(properties).map(([name, child]): [string, JsonSchema, boolean] => [
      `.${name}`,
      child,
      required.includes(name),
    ]),
    ...(items === undefined ? [] : [["[]", items, false] satisfies [string, JsonSchema, boolean]]),
    ...anyOf.flatMap(childrenOf),
  ];
}

function nameOf({ $ref = "" }: JsonSchema): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}

function fact(subject: string, verb: string, text: string): string {
  return `${subject}\t${verb}\t${text}`;
}

/** Returns what breaks programs for the released version: facts that are missing, and new demands on what was there. */
export function breaksIn(released: readonly string[], now: readonly string[]): string[] {
  const before = new Set(released);
  const after = new Set(now);
  const known = new Set(released.flatMap((line) => [partsOf(line).subject, placeOf(line)]));
  return [
    ...released.filter(
      (line) => KEPT.includes(partsOf(line).verb) && !after.has(line) && !after.has(strongerThan(line)),
    ),
    ...now.filter((line) => {
      const { subject, verb } = partsOf(line);
      const isKnown = known.has(verb === "sends" ? placeOf(line) : subject);
      return NOT_ADDED.includes(verb) && isKnown && !before.has(line);
    }),
  ];
}

function partsOf(line: string) {
  const [subject = "", verb = "", text = ""] = line.split("\t");
  return { subject, verb, text };
}

/** The field that a line of a reply is about, without its type. */
function placeOf(line: string): string {
  const { subject, text } = partsOf(line);
  return `${subject} ${text.split(" ")[0]}`;
}

/** A field that a reply always has is also one that it can have. */
function strongerThan(line: string): string {
  return line.replace("\thas\t", "\talways has\t");
}

/** Returns whether a version may break programs for a released version. */
export function mayBreak(released: string, now: string): boolean {
  const [major = 0, minor = 0] = released.split(".").map(Number);
  const [newMajor = 0, newMinor = 0] = now.split(".").map(Number);
  return newMajor > major || (major === 0 && newMajor === 0 && newMinor > minor);
}
