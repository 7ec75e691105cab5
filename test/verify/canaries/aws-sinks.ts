import type { RecordedCall } from "../../support/aws-recorder.ts";
import type { Sink } from "./scanner.ts";

/** The fields in which a call of AWS has to bring or fetch a secret, and nothing else. */
const MEANT_FOR_SECRETS: { readonly [call: string]: { request?: string; reply?: string } } = {
  "kms Encrypt": { request: "Plaintext" },
  "kms Decrypt": { reply: "Plaintext" },
  // The token's header and claims, to be signed.
  "kms Sign": { request: "Message" },
  "states SendTaskSuccess": { request: "taskToken" },
  "secretsmanager GetSecretValue": { reply: "SecretString" },
};

/** Every call that our functions made, without the fields that are meant for secrets; encryption contexts are among them. */
export function awsSinks(calls: readonly RecordedCall[]): Sink[] {
  const said = new Map<string, string[]>();
  for (const { service, operation, request, reply } of calls) {
    const name = `${service} ${operation}`;
    const meant = MEANT_FOR_SECRETS[name] ?? {};
    const lines = said.get(name) ?? [];
    lines.push(JSON.stringify([without(request, meant.request), without(reply?.body ?? {}, meant.reply)]));
    said.set(name, lines);
  }
  return [...said].map(([name, lines]) => ({ name: `calls of ${name}`, content: lines.join("\n") }));
}

function without(fields: Record<string, unknown>, name = ""): object {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}
