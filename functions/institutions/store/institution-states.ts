import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { ABSENT, type Condition, putRow, readRow } from "../../platform/dynamo.ts";
import type { InstitutionStates } from "../domain/ports.ts";
import { type InstitutionState, unknownState } from "../domain/state.ts";

const text = z.optional(z.string());
const status = z.enum(["up", "down"]);

const stateRecord = z.object({
  institutionId: z.string(),
  version: z.int(),
  status,
  since: text,
  failed: z.array(z.object({ token: z.string(), at: z.string() })),
  answeredAt: text,
  succeededAt: text,
  record: z.optional(z.object({ isAvailable: z.boolean(), since: z.string() })),
  unannounced: z.array(z.object({ status, since: z.string() })),
} satisfies { readonly [name in keyof InstitutionState]-?: z.ZodMiniType<InstitutionState[name]> });

/** One row for each institution, without an end: there are as many as banks. */
export function dynamoInstitutionStates(client: DynamoDBClient, tableName: string): InstitutionStates {
  return {
    async find(institutionId) {
      const row = await readRow(client, tableName, keyOf(institutionId));
      return row === undefined ? unknownState(institutionId) : z.parse(stateRecord, row);
    },

    write(after, before) {
      const condition: Condition =
        before.version === 0 ? ABSENT : ["version = :version", { ":version": before.version }];
      return putRow(client, tableName, { ...keyOf(after.institutionId), ...after }, condition);
    },
  };
}

function keyOf(institutionId: string) {
  return { pk: `institution#${institutionId}` };
}
