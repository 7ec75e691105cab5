import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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

const PROGRAM = fileURLToPath(new URL("./print-template.ts", import.meta.url));

/** The template takes far less; a longer output is an error. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Synthesizes in a process that ends: the CDK takes 200 MB that nobody needs afterwards, and this way the endpoints start
 * beside it.
 */
export async function synthesizeApart(
  context: { upstreamUrl: string },
  upstream: "basiq" | "sandbox" = "basiq",
): Promise<Template> {
  // A sandbox here is one of local mode's own, whatever a deployment has.
  const program = [PROGRAM, JSON.stringify({ ...context, upstream })];
  const { stdout } = await promisify(execFile)(process.execPath, program, { maxBuffer: MAX_OUTPUT_BYTES });
  return parseTemplate(JSON.parse(stdout));
}
