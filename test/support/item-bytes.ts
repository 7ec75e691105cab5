import * as z from "zod";

type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { L: AttributeValue[] }
  | { M: Item };
type Item = { [name: string]: AttributeValue };

const attributeValue: z.ZodType<AttributeValue> = z.lazy(() =>
  z.union([
    z.strictObject({ S: z.string() }),
    z.strictObject({ N: z.string() }),
    z.strictObject({ B: z.string() }),
    z.strictObject({ BOOL: z.boolean() }),
    z.strictObject({ NULL: z.literal(true) }),
    z.strictObject({ L: z.array(attributeValue) }),
    z.strictObject({ M: item }),
  ]),
);
const item = z.record(z.string(), attributeValue);

/** A list or a map takes this much by itself, and a byte more for each element. */
const COLLECTION_BYTES = 3;

/** How large DynamoDB counts an item as it is on the wire: the sum of its names and its values. */
export function itemBytes(wireItem: unknown): number {
  return attributesBytes(item.parse(wireItem));
}

function attributesBytes(attributes: Item): number {
  const parts = Object.entries(attributes).map(([name, value]) => utf8Bytes(name) + valueBytes(value));
  return parts.reduce((sum, bytes) => sum + bytes, 0);
}

function valueBytes(value: AttributeValue): number {
  if ("S" in value) return utf8Bytes(value.S);
  if ("N" in value) return Math.ceil(value.N.replace(/\D/g, "").length / 2) + 1;
  if ("B" in value) return Buffer.from(value.B, "base64").length;
  if ("L" in value) {
    return value.L.reduce((sum, element) => sum + valueBytes(element) + 1, COLLECTION_BYTES);
  }
  if ("M" in value) return COLLECTION_BYTES + attributesBytes(value.M) + Object.keys(value.M).length;
  return 1;
}

function utf8Bytes(text: string): number {
  return Buffer.byteLength(text);
}
