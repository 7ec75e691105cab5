import * as z from "zod";
import { ENTRY_METADATA } from "../../aws/entry-metadata.ts";
import type { LocalTable } from "../aws/dynamodb/dynamodb-endpoint.ts";
import { recordFilter } from "../aws/dynamodb/record-filter.ts";
import type { LocalStream } from "../aws/dynamodb/stream.ts";
import { type Locally, resolveIn } from "./resolve-template.ts";
import { resourcesOf, type Template } from "./template.ts";

/** The resources of the template that local mode runs, with all references resolved. */
export interface Deployed {
  tables: LocalTable[];
  keys: { keyId: string; spec: "SYMMETRIC_DEFAULT" | "ECC_NIST_P256" }[];
  functions: LocalFunction[];
  routes: LocalRoute[];
  /** What the API answers to web pages of other origins. Undefined: nothing. */
  cors: LocalCors | undefined;
  stateMachines: { arn: string; definition: unknown }[];
  schedules: LocalSchedule[];
  streams: StreamMapping[];
}

/** A function that gets the records of a table's stream. */
export interface StreamMapping extends LocalStream {
  functionArn: string;
}

export interface LocalSchedule {
  everySeconds: number;
  functionArn: string;
}

export interface LocalFunction {
  arn: string;
  /** Path of the source file, relative to the project root. */
  entry: string;
  environment: Record<string, string>;
}

export type LocalCors = z.infer<typeof corsSchema>;

export interface LocalRoute {
  /** For example `GET /jobs/{jobId}`, or `$default`. */
  routeKey: string;
  functionArn: string;
}

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) }));
const tableProperties = z.object({
  KeySchema: keySchema,
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) }),
  ),
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.object({
          ProjectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    )
    .optional(),
});
const keyProperties = z.object({
  KeySpec: z.enum(["SYMMETRIC_DEFAULT", "ECC_NIST_P256"]).default("SYMMETRIC_DEFAULT"),
});
const functionProperties = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional(),
});
const functionMetadata = z.object({ [ENTRY_METADATA]: z.string() });
const corsSchema = z.object({
  AllowOrigins: z.array(z.string()),
  AllowMethods: z.array(z.string()),
  AllowHeaders: z.array(z.string()),
  ExposeHeaders: z.array(z.string()),
  MaxAge: z.number(),
});
const apiProperties = z.object({ CorsConfiguration: corsSchema.optional() });
const integrationProperties = z.object({ IntegrationUri: z.string() });
const routeProperties = z.object({ RouteKey: z.string(), Target: z.string() });
const ruleProperties = z.object({
  ScheduleExpression: z.string(),
  Targets: z.array(z.object({ Arn: z.string() })),
});
const mappingProperties = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }),
});
const stateMachineProperties = z.object({ DefinitionString: z.string() });

/**
 * Collects the resources that local mode runs. A resource's logical id becomes its name.
 *
 * @throws an `Error` or `ZodError` if local mode does not support a part of the template.
 */
export function deploy(template: Template, locally: Locally): Deployed {
  const resolve = resolveIn(template, locally);
  const all = <Schema extends z.ZodObject>(type: string, schema: Schema) =>
    resourcesOf(template, type).map(([logicalId, { Properties, Metadata }]) => ({
      logicalId,
      metadata: Metadata,
      properties: schema.parse(resolve(pick(Properties, Object.keys(schema.shape)))),
    }));
  const arnOf = (logicalId: string) => String(resolve({ "Fn::GetAtt": [logicalId, "Arn"] }));

  const integrations = new Map(
    all("AWS::ApiGatewayV2::Integration", integrationProperties).map(({ logicalId, properties }) => [
      `integrations/${logicalId}`,
      properties.IntegrationUri,
    ]),
  );
  return {
    tables: all("AWS::DynamoDB::Table", tableProperties).map(({ logicalId, properties }) => ({
      TableName: logicalId,
      ...properties,
    })),
    keys: all("AWS::KMS::Key", keyProperties).map(({ logicalId, properties }) => ({
      keyId: logicalId,
      spec: properties.KeySpec,
    })),
    functions: all("AWS::Lambda::Function", functionProperties)
      .filter(({ metadata }) => functionMetadata.safeParse(metadata).success)
      .map(({ logicalId, metadata, properties }) => ({
        arn: arnOf(logicalId),
        entry: functionMetadata.parse(metadata)[ENTRY_METADATA],
        environment: properties.Environment?.Variables ?? {},
      })),
    routes: all("AWS::ApiGatewayV2::Route", routeProperties).map(({ properties }) => ({
      routeKey: properties.RouteKey,
      functionArn: integrations.get(properties.Target) ?? "",
    })),
    cors: all("AWS::ApiGatewayV2::Api", apiProperties).find(({ properties }) => properties.CorsConfiguration)
      ?.properties.CorsConfiguration,
    stateMachines: all("AWS::StepFunctions::StateMachine", stateMachineProperties).map(
      ({ logicalId, properties }) => ({
        arn: String(resolve({ Ref: logicalId })),
        definition: JSON.parse(properties.DefinitionString),
      }),
    ),
    schedules: all("AWS::Events::Rule", ruleProperties).flatMap(({ properties }) =>
      properties.Targets.map(({ Arn }) => ({
        everySeconds: secondsIn(properties.ScheduleExpression),
        functionArn: Arn,
      })),
    ),
    streams: all("AWS::Lambda::EventSourceMapping", mappingProperties).map(({ properties }) => ({
      tableName: tableOfStream(properties.EventSourceArn),
      functionArn: arnOf(properties.FunctionName),
      filters: properties.FilterCriteria.Filters.map(({ Pattern }) =>
        recordFilter.parse(JSON.parse(Pattern)),
      ),
    })),
  };
}

function tableOfStream(arn: string): string {
  const [, tableName] = /:table\/([^/]+)\/stream\//.exec(arn) ?? [];
  if (tableName === undefined) throw new Error(`Local mode knows no stream ${arn}.`);
  return tableName;
}

const SECONDS_IN: { [unit: string]: number } = { minute: 60, hour: 3600, day: 86_400 };

function secondsIn(expression: string): number {
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const seconds = Number(count) * (SECONDS_IN[unit] ?? Number.NaN);
  if (!(seconds > 0)) throw new Error(`Local mode cannot run ${expression}.`);
  return seconds;
}

/**
 * Selects the properties that local mode uses, because other properties may contain references that local mode cannot resolve.
 */
function pick(properties: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}
