import * as z from "zod";
import type { Template } from "./template.ts";

const ref = z.strictObject({ Ref: z.string() });
const getAtt = z.strictObject({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) });
const join = z.strictObject({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) });

const ACCOUNT = "000000000000";
export const LOCAL_REGION = "us-east-1";

const PSEUDO_PARAMETERS: { [name: string]: string } = {
  "AWS::AccountId": ACCOUNT,
  "AWS::Partition": "aws",
  "AWS::Region": LOCAL_REGION,
  "AWS::URLSuffix": "amazonaws.com",
};

export interface Locally {
  apiUrl: string;
}

/**
 * Returns a function that resolves the references in a part of the template, as after a deployment to this machine.
 *
 * @throws an `Error` for an intrinsic function, an attribute or a resource that local mode does not support.
 */
export function resolveIn(template: Template, locally: Locally): (value: unknown) => unknown {
  const reference = (logicalId: string): string => {
    const pseudo = PSEUDO_PARAMETERS[logicalId];
    if (pseudo !== undefined) return pseudo;
    const type = typeOf(template, logicalId);
    return type === "AWS::StepFunctions::StateMachine" ? arnOf(type, logicalId) : logicalId;
  };
  const attribute = (logicalId: string, name: string): string => {
    const type = typeOf(template, logicalId);
    if (type === "AWS::ApiGatewayV2::Api" && name === "ApiEndpoint") return locally.apiUrl;
    if (type === "AWS::DynamoDB::Table" && name === "StreamArn") return `${arnOf(type, logicalId)}/stream/1`;
    if (name !== "Arn") throw new Error(`Local mode does not know ${name} of a ${type}.`);
    return arnOf(type, logicalId);
  };

  function resolve(value: unknown): unknown {
    if (typeof value === "string") return value;
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    const asRef = ref.safeParse(value);
    if (asRef.success) return reference(asRef.data.Ref);
    const asAttribute = getAtt.safeParse(value);
    if (asAttribute.success) return attribute(...asAttribute.data["Fn::GetAtt"]);
    const asJoin = join.safeParse(value);
    if (asJoin.success) {
      const [separator, parts] = asJoin.data["Fn::Join"];
      return parts.map((part) => String(resolve(part))).join(separator);
    }
    const entries = Object.entries(value);
    const unknown = entries.find(([key]) => key.startsWith("Fn::"));
    if (unknown !== undefined) throw new Error(`Local mode does not know ${unknown[0]}.`);
    return Object.fromEntries(entries.map(([key, part]) => [key, resolve(part)]));
  }

  return resolve;
}

function typeOf(template: Template, logicalId: string): string {
  const found = template.Resources[logicalId];
  if (found === undefined) throw new Error(`The template has no ${logicalId}.`);
  return found.Type;
}

/**
 * The service and the resource prefix of an ARN, by resource type. The logical id is the name of a resource, and the id of a
 * KMS key.
 */
const ARNS: { [type: string]: [service: string, prefix: string] } = {
  "AWS::DynamoDB::Table": ["dynamodb", "table/"],
  "AWS::KMS::Key": ["kms", "key/"],
  "AWS::Lambda::Function": ["lambda", "function:"],
  "AWS::SQS::Queue": ["sqs", ""],
  "AWS::StepFunctions::StateMachine": ["states", "stateMachine:"],
};

function arnOf(type: string, logicalId: string): string {
  const parts = ARNS[type];
  if (parts === undefined) throw new Error(`Local mode knows no ARN of a ${type}.`);
  return `arn:aws:${parts[0]}:${LOCAL_REGION}:${ACCOUNT}:${parts[1]}${logicalId}`;
}
