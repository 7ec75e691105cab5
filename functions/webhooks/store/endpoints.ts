import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { ABSENT, putRow, readRow } from "../../platform/dynamo.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import type { Endpoints } from "../domain/ports.ts";

const KEY = { pk: "webhooks#all" };

/** All fields of an endpoint: one that is missing here does not compile, because the next write would erase it. */
const fields = {
  id: z.string(),
  name: z.optional(z.string()),
  description: z.optional(z.string()),
  url: z.string(),
  subscribedEvents: z.optional(z.array(z.string())),
  payload: z.enum(["thin", "full"]),
  ordering: z.enum(["none", "job"]),
  status: z.enum(["active", "disabled", "deleted"]),
  disabledAt: z.optional(z.string()),
  createdAt: z.string(),
  secrets: z.array(z.object({ number: z.int(), until: z.optional(z.string()) })),
} satisfies { [field in keyof Required<Endpoint>]: z.ZodMiniType<Endpoint[field]> };

const row = z.object({ version: z.int(), writeId: z.string(), endpoints: z.array(z.object(fields)) });

/** Stores all endpoints in one row of the events table. Throws if the row is no list of endpoints. */
export function dynamoEndpoints(client: DynamoDBClient, tableName: string): Endpoints {
  async function stored() {
    const found = await readRow(client, tableName, KEY);
    return found === undefined ? undefined : z.parse(row, found);
  }

  return {
    async read() {
      const { endpoints, version } = (await stored()) ?? { endpoints: [], version: 0 };
      return { endpoints, version };
    },

    async write(endpoints, { version }) {
      const writeId = randomUUID();
      const next = { ...KEY, version: version + 1, writeId, endpoints: [...endpoints] };
      const isMade = await putRow(
        client,
        tableName,
        next,
        version === 0 ? ABSENT : ["version = :version", { ":version": version }],
      );
      // The write also returns false if the SDK retried it after its response was lost.
      return isMade || (await stored())?.writeId === writeId;
    },
  };
}
