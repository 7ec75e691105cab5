import type { Construct } from "constructs";
import * as z from "zod/mini";
import { BASIQ_VERSIONS } from "../../functions/domain/caller.ts";

/** Logins go there: in the clear only on this very machine, for the sandbox and for emulators. */
export const upstreamUrl = z.string().check(
  z.regex(
    /^(https:\/\/[^\s]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?(\/[^\s]*)?)$/,
    "must be an https address",
  ),
  z.overwrite((url) => url.replace(/\/+$/, "")),
);

const settingsSchema = z.object({
  upstreamUrl,
  upstreamVersion: z.enum(BASIQ_VERSIONS),
  upstreamApiKeySecret: z.string().check(z.minLength(1)),
  /** `list` wraps results as the published prose shows them. */
  stepResults: z._default(z.enum(["object", "list"]), "object"),
  /** Client tokens that name no user, as old 2.1 programs ask for. `-c name=value` gives text. */
  allowUnboundClientTokens: z._default(z.union([z.boolean(), z.stringbool()]), false),
  /** Who is told of alarms. */
  alarmEmail: z.optional(z.email()),
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
