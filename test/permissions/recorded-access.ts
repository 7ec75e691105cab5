import * as z from "zod";
import type { Deployed } from "../../infra/local/deployed.ts";
import type { AwsRecorder } from "../support/aws-recorder.ts";
import { type Access, accessOf, nameIn } from "./access.ts";
import { API, STATE_MACHINE } from "./roles.ts";

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
    return [{ role: call.by.entry, access, about: `${call.operation}${subjectOf(call.request)}` }];
  });
  const invoked = invocations.map(({ entry }) => ({
    role: entry.startsWith("functions/api/") ? API : STATE_MACHINE,
    access: { action: "lambda:InvokeFunction", resource: nameIn(arns.get(entry) ?? ""), context: {} },
    about: "Invoke",
  }));
  return [...made, ...invoked];
}

const row = z
  .object({ pk: z.object({ S: z.string() }), purpose: z.object({ S: z.string() }) })
  .partial()
  .default({});
const subject = z.object({
  Key: row,
  Item: row,
  EncryptionContext: z.object({ purpose: z.string().optional() }).default({}),
});

/** The kind of row, or what a secret is for. */
function subjectOf(request: unknown): string {
  const { Key, Item, EncryptionContext } = subject.parse(request);
  const { pk, purpose } = { ...Item, ...Key };
  const kind = pk?.S.replace(/#.*/, "#") ?? purpose?.S ?? EncryptionContext.purpose;
  return kind === undefined ? "" : ` of \`${kind}\``;
}
