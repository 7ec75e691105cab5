import * as z from "zod";

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
});

const templateSchema = z.object({ Resources: z.record(z.string(), resource) });

export type Template = z.infer<typeof templateSchema>;
export type TemplateResource = z.infer<typeof resource>;

export function parseTemplate(template: unknown): Template {
  return templateSchema.parse(template);
}

/** The resources of one type, by their logical ids. */
export function resourcesOf(template: Template, type: string): [logicalId: string, TemplateResource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}
