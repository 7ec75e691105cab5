import type { Construct } from "constructs";
import * as z from "zod/mini";

const settingsSchema = z.object({
  upstreamUrl: z.url({ protocol: /^https?$/ }),
  upstreamVersion: z.enum(["2.0", "2.1", "3.0"]),
  upstreamApiKeySecret: z.string().check(z.minLength(1)),
});

export type Settings = z.infer<typeof settingsSchema>;

/** The settings of a deployment, from the CDK context. Throws one error that names every one that is not valid. */
export function readSettings(scope: Construct): Settings {
  const names = Object.keys(settingsSchema.shape);
  const given = Object.fromEntries(names.map((name) => [name, scope.node.tryGetContext(name)]));
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`Settings are not valid:\n${z.prettifyError(parsed.error)}`);
}
