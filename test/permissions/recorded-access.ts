import * as z from "zod";
import type { Deployed } from "../../infra/local/template/deployed.ts";
import type { AwsRecorder } from "../support/aws-recorder.ts";
import { type Access, accessOf, nameIn } from "./access.ts";
import { API, SCHEDULE, STATE_MACHINE, SWEEP } from "./roles.ts";

export interface RecordedAccess {
  /** Of whom, as `permissionsByRole` names them. */
  role: string;
  access: Access;
  /** The call in words, without what differs from run to run. */
  about: string;
}

/** Every call that the functions made, and every invocation of theirs. */
export function recordedAccess(
  { calls, invocations }: Pick<AwsRecorder, "calls" | "invocations">,
  deployed: Deployed,
): RecordedAccess[] {
  const stateMachine = nameIn(deployed.stateMachines[0]?.arn ?? "");
  const arns = new Map(deployed.functions.map(({ entry, arn }) => [entry, arn]));
  const made = calls.flatMap((call) => {
    if (call.by === undefined) return [];
    const access = accessOf(call, { tables: deployed.tables, stateMachine });
    return [{ role: call.by.entry, access, about: `${call.operation}${subjectOf(call.request, access)}` }];
  });
  const invoked = invocations.map(({ entry }) => ({
    role: invokerOf(entry),
    access: { action: "lambda:InvokeFunction", resource: nameIn(arns.get(entry) ?? ""), context: {} },
    about: "Invoke",
  }));
  return [...made, ...invoked];
}

function invokerOf(entry: string): string {
  if (entry === SWEEP) return SCHEDULE;
  return entry.startsWith("functions/jobs/workflow/") ? STATE_MACHINE : API;
}

const row = z
  .object({ purpose: z.object({ S: z.string() }) })
  .partial()
  .default({});
const subject = z.object({
  Key: row,
  Item: row,
  EncryptionContext: z.object({ purpose: z.string().optional() }).default({}),
});

/** What a secret is for, or the kind of row. */
function subjectOf(request: unknown, { context }: Access): string {
  const { Key, Item, EncryptionContext } = subject.parse(request);
  const [leading = ""] = context["dynamodb:LeadingKeys"] ?? [];
  const purpose = { ...Item, ...Key }.purpose?.S ?? EncryptionContext.purpose;
  const kind = purpose ?? (leading.replace(/#.*/, "#") || undefined);
  return kind === undefined ? "" : ` of \`${kind}\``;
}
