import * as z from "zod";
import { ENTRY_METADATA } from "../../infra/aws/entry-metadata.ts";

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
const template = z.object({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource>;
export type Resources = Readonly<Record<string, Resource>>;

/** The resources of a template by their logical ids. */
export function parseResources(source: unknown): Resources {
  return template.parse(source).Resources;
}

export function ofType(resources: Resources, type: string): [logicalId: string, resource: Resource][] {
  return Object.entries(resources).filter(([, { Type }]) => Type === type);
}

/** The functions of ours, by their entries. */
export function functionsByEntry(resources: Resources): Map<string, Resource> {
  const functions = ofType(resources, "AWS::Lambda::Function");
  return new Map(functions.map(([, found]) => [String(found.Metadata[ENTRY_METADATA]), found]));
}

const reference = z.union([
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) }).transform((found) => found["Fn::GetAtt"][0]),
]);

/** The logical id that a `Ref` or a `Fn::GetAtt` names. */
export function referredTo(value: unknown): string {
  return reference.parse(value);
}

/** A logical id as the code names it: without the hash that the CDK adds. */
export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, "");
}
