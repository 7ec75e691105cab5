import * as z from "zod";
import type { Invocation } from "./calling-function.ts";

const json = z.record(z.string(), z.unknown());

/** A call of AWS as it went over the wire. */
export interface AwsCall {
  /** Nobody when the call came from no function. */
  by: Invocation | undefined;
  /** As the actions of IAM name it, such as `dynamodb`. */
  service: string;
  /** Such as `GetItem`. */
  operation: string;
  request: Record<string, unknown>;
  requestBytes: number;
}

export interface AwsReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A call and what came of it. */
export interface RecordedCall extends AwsCall {
  /** Absent when the call was kept away from the service. */
  reply: { status: number; body: Record<string, unknown>; bytes: number } | undefined;
}

/** The targets of the JSON protocols, and the prefixes of IAM's actions. */
const SERVICES: { readonly [target: string]: string } = {
  DynamoDB_20120810: "dynamodb",
  TrentService: "kms",
  AWSStepFunctions: "states",
  secretsmanager: "secretsmanager",
};

/** `target` is the `X-Amz-Target` header. */
export function readCall(target: string, body: string, by: Invocation | undefined): AwsCall {
  const [name = "", operation = ""] = target.split(".");
  const service = SERVICES[name];
  if (service === undefined) throw new Error(`Unknown service: ${target}`);
  return { by, service, operation, request: json.parse(JSON.parse(body)), requestBytes: sizeOf(body) };
}

export function recorded(call: AwsCall, reply: AwsReply | undefined): RecordedCall {
  if (reply === undefined) return { ...call, reply };
  const body = reply.body === "" ? {} : json.parse(JSON.parse(reply.body));
  return { ...call, reply: { status: reply.status, body, bytes: sizeOf(reply.body) } };
}

export function errorReply(name: string, status = 400, message = "As the test wants it."): AwsReply {
  const headers = { "content-type": "application/x-amz-json-1.0" };
  return { status, headers, body: JSON.stringify({ __type: name, message }) };
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}
