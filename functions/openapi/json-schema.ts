import * as z from "zod/mini";
import type { Component } from "./component.ts";

/** A JSON Schema of the draft that OpenAPI 3.1 uses. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  properties?: { [name: string]: JsonSchema };
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  const?: unknown;
  enum?: unknown[];
  [keyword: string]: unknown;
}

/** `output`: what the API sends. `input`: what the API accepts. */
type Direction = "output" | "input";

/** Returns the JSON Schemas of components by their names. One component refers to another by its name. */
export function schemasOf(
  components: { readonly [name: string]: Component },
  io: Direction,
): { [name: string]: JsonSchema } {
  const registry = z.registry<{ id: string }>();
  for (const [id, { schema }] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(components).map(([name, component]) => [
      name,
      described(simplified(schemas[name]), component),
    ]),
  );
}

/** Returns the JSON Schema of one value that a request contains. */
export function schemaOf(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _, ...rest } = simplified(z.toJSONSchema(schema, { io: "input" }));
  return rest;
}

function described(schema: JsonSchema, { description, fields = {} }: Component): JsonSchema {
  const { $schema: _, $id: __, properties, ...rest } = schema;
  for (const [name, text] of Object.entries(fields)) {
    const property = properties?.[name];
    if (property === undefined) throw new Error(`There is no field ${name} to describe.`);
    property.description = text;
  }
  return { description, ...rest, ...(properties !== undefined && { properties }) };
}

/** Returns a copy with open objects, because later versions may add fields, and without keywords that say nothing. */
function simplified(schema: unknown): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_, value: JsonSchema | null) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { additionalProperties, format, minimum, maximum, anyOf, ...rest } = value;
    return {
      ...rest,
      ...(additionalProperties && { additionalProperties }),
      ...(format !== undefined && format !== "starts_with" && { format }),
      ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
      ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
      // A union within a union is one union.
      ...(anyOf && {
        anyOf: anyOf.flatMap((each) => (Object.keys(each).join() === "anyOf" ? each.anyOf : each)),
      }),
    };
  });
}
