import type { ZodMiniType } from "zod/mini";

/** A schema of the document, with the words that a reader needs for it and for its fields. */
export interface Component {
  schema: ZodMiniType;
  description: string;
  fields?: { readonly [name: string]: string };
}
