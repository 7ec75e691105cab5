import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import type { DeploymentSetting } from "../../aws/settings.ts";

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

/** Returns the resources of one type with their logical ids. */
export function resourcesOf(template: Template, type: string): [logicalId: string, TemplateResource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

const PROGRAM = fileURLToPath(new URL("./print-template.ts", import.meta.url));

/** The template is far smaller. A longer output is an error. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** The settings of a deployment that local mode sets. */
export type LocalContext = { upstreamUrl: string } & { [name in DeploymentSetting]?: string | undefined };

/**
 * Synthesizes the template in a child process. The CDK takes 200 MB, which the child releases at its end. The endpoints that
 * already run are not blocked meanwhile.
 */
export async function synthesizeApart(
  context: LocalContext,
  upstream: "basiq" | "sandbox" = "basiq",
): Promise<Template> {
  // Overrides `upstream` of the deployment's settings: local mode starts its own sandbox.
  const program = [PROGRAM, JSON.stringify({ ...context, upstream })];
  const { stdout } = await promisify(execFile)(process.execPath, program, { maxBuffer: MAX_OUTPUT_BYTES });
  return parseTemplate(JSON.parse(stdout));
}
