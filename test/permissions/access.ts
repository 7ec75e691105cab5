import * as z from "zod";
import type { LocalTable } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { withoutHash } from "../infra/resources.ts";
import type { AwsCall } from "../support/aws-recorder.ts";
import { rowsAsked } from "./rows-asked.ts";

/** What IAM is asked about one call. */
export interface Access {
  action: string;
  /** As `Permission` names it. */
  resource: string;
  /** The values of the condition keys that our statements use. */
  context: { readonly [key: string]: readonly string[] };
}

/** What there is to know of a call that the call does not say. */
export interface Surroundings {
  tables: readonly LocalTable[];
  /** The state machine that hands out every task token. */
  stateMachine: string;
}

export type Asked = Omit<Access, "action">;
type Read = (request: AwsCall["request"], operation: string, surroundings: Surroundings) => Asked;

/** A service that our functions begin to call gets a line here. */
const SERVICES: { readonly [service: string]: Read } = {
  dynamodb: (request, operation, { tables }) => rowsAsked(operation, request, tables),
  kms: (request) => {
    const { KeyId, EncryptionContext } = keyRequest.parse(request);
    const context = Object.entries(EncryptionContext).map(([key, value]) => [
      `kms:EncryptionContext:${key}`,
      [value],
    ]);
    return { resource: nameIn(KeyId), context: Object.fromEntries(context) };
  },
  states: (request, operation, { stateMachine }) => {
    const { stateMachineArn, executionArn } = machineRequest.parse(request);
    if (executionArn !== undefined) return { resource: executionIn(executionArn), context: {} };
    const resource = operation === "SendTaskSuccess" ? stateMachine : nameIn(stateMachineArn);
    return { resource, context: {} };
  },
  secretsmanager: (request) => {
    const { SecretId } = secretRequest.parse(request);
    return { resource: `secret:${SecretId}-${CHOSEN_BY_AWS}`, context: {} };
  },
};

const keyRequest = z.object({
  KeyId: z.string(),
  EncryptionContext: z.record(z.string(), z.string()).default({}),
});
const machineRequest = z.object({
  stateMachineArn: z.string().default(""),
  executionArn: z.string().optional(),
});
const secretRequest = z.object({ SecretId: z.string() });

/** Six characters follow the name of a secret in its ARN. */
const CHOSEN_BY_AWS = "AbCdEf";

/** @throws when the service, or what is asked of it, is not known here. */
export function accessOf(
  { service, operation, request }: Pick<AwsCall, "service" | "operation" | "request">,
  surroundings: Surroundings,
): Access {
  const read = SERVICES[service];
  if (read === undefined) throw new Error(`Permissions of ${service} are not known.`);
  return { action: `${service}:${operation}`, ...read(request, operation, surroundings) };
}

/** The name of the resource at the end of an ARN of local mode, which ends in a logical id. */
export function nameIn(arn: string): string {
  return withoutHash(/[^:/]*$/.exec(arn)?.[0] ?? "");
}

/** `execution:name:other`, by the name of the state machine. */
function executionIn(arn: string): string {
  const [name = "", machine = ""] = arn.split(":").toReversed();
  return `execution:${withoutHash(machine)}:${name}`;
}
