import * as z from "zod";

const jsonValue = z.json();
export type JsonValue = z.infer<typeof jsonValue>;

/** An error that ends a state. Retry and Catch compare `name`; `message` becomes the cause. */
export class StateFailure extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** A path into the input of a state: `$`, `$.name`, `$.name.name` and so on. */
export const inputPath = z.string().regex(/^\$(\.[A-Za-z_]\w*)*$/, "must be a path such as $.name");

const CONTEXT_PATH = /^\$\$\.(Execution\.(Id|Name)|StateMachine\.Id|Task\.Token)$/;

/** JSON in which the value of each field `name.$` is a path: into the input, or into the context object after `$$`. */
export const payloadTemplate = jsonValue.superRefine((template, { addIssue }) => {
  for (const path of pathsIn(template)) {
    if (CONTEXT_PATH.test(path) || inputPath.safeParse(path).success) continue;
    addIssue({ code: "custom", message: `${path} is not available` });
  }
});

function pathsIn(template: JsonValue): string[] {
  if (Array.isArray(template)) return template.flatMap(pathsIn);
  if (!isObject(template)) return [];
  return Object.entries(template).flatMap(([name, value]) =>
    name.endsWith(".$") ? [String(value)] : pathsIn(value),
  );
}

/**
 * Replaces every `name.$` field of a template by the value at its path.
 *
 * @throws States.Runtime if a path does not exist.
 */
export function filled(template: JsonValue, input: JsonValue, context: JsonValue): JsonValue {
  if (Array.isArray(template)) return template.map((each) => filled(each, input, context));
  if (!isObject(template)) return template;
  const fields = Object.entries(template).map(([name, value]) =>
    name.endsWith(".$")
      ? [name.slice(0, -".$".length), requiredAt(String(value), input, context)]
      : [name, filled(value, input, context)],
  );
  return Object.fromEntries(fields);
}

/** Returns the value at a path. Undefined if the path does not exist. */
export function valueAt(path: string, input: JsonValue, context: JsonValue = {}): JsonValue | undefined {
  const [root, ...names] = path.split(".");
  let found: JsonValue | undefined = root === "$$" ? context : input;
  for (const name of names) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}

/**
 * Returns the value at a path.
 *
 * @throws States.Runtime if the path does not exist.
 */
export function requiredAt(path: string, input: JsonValue, context: JsonValue = {}): JsonValue {
  const found = valueAt(path, input, context);
  if (found === undefined) throw new StateFailure("States.Runtime", `${path} leads to nothing.`);
  return found;
}

/**
 * Puts the result into the input at a `ResultPath`: `$` replaces the whole input, `null` discards the result.
 *
 * @throws States.ResultPathMatchFailure if the path leads through a value that is not an object.
 */
export function withResult(input: JsonValue, resultPath: string | null, result: JsonValue): JsonValue {
  if (resultPath === null) return input;
  const [, ...names] = resultPath.split(".");
  return placed(input, names, result);
}

function placed(input: JsonValue, [name, ...names]: readonly string[], result: JsonValue): JsonValue {
  if (name === undefined) return result;
  if (!isObject(input))
    throw new StateFailure("States.ResultPathMatchFailure", `There is no place for ${name}.`);
  const inner = Object.hasOwn(input, name) ? input[name] : undefined;
  return { ...input, [name]: placed(inner ?? {}, names, result) };
}

function isObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Copies a value as sending it as JSON would. Undefined becomes `null`. */
export function overTheWire(value: unknown): JsonValue {
  return jsonValue.parse(JSON.parse(JSON.stringify(value ?? null)));
}
