import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { deleteRow, readRow, wasMade } from "../../platform/dynamo.ts";
import { type EndpointState, WELL } from "../domain/endpoint.ts";
import type { EndpointStates } from "../domain/ports.ts";

const stateRow = z.object({
  failures: z._default(z.int(), 0),
  mode: z.optional(z.enum(["failing", "draining"])),
  probeAt: z.optional(z.string()),
  probes: z.optional(z.int()),
  since: z.optional(z.string()),
});

/** Stores the state of each endpoint in its own row, because many functions write it at the same time. */
export function dynamoEndpointStates(
  client: DynamoDBClient,
  TableName: string,
  clock: Clock,
): EndpointStates {
  const update = (endpointId: string, input: Omit<UpdateInput, "TableName" | "Key">) =>
    client.send(new UpdateItemCommand({ TableName, Key: marshall(stateKey(endpointId)), ...input }));

  return {
    async read(endpointId) {
      const row = await readRow(client, TableName, stateKey(endpointId));
      return row === undefined ? WELL : z.parse(stateRow, row);
    },

    async countFailure(endpointId) {
      const { Attributes = {} } = await update(endpointId, {
        UpdateExpression: "ADD failures :one",
        ExpressionAttributeValues: marshall({ ":one": 1 }),
        ReturnValues: "ALL_NEW",
      });
      return z.parse(stateRow, unmarshall(Attributes));
    },

    change(endpointId, from, to) {
      const { sets, removes, values } = assigned(to);
      const names = { "#mode": "mode" };
      return wasMade(
        update(endpointId, {
          UpdateExpression: `SET ${sets.join(", ")}${removes.length > 0 ? ` REMOVE ${removes.join(", ")}` : ""}`,
          ConditionExpression: from === undefined ? "attribute_not_exists(#mode)" : "#mode = :from",
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: marshall({ ...values, ...(from !== undefined && { ":from": from }) }),
        }),
      );
    },

    lease: (endpointId, holder, until) =>
      wasMade(
        update(endpointId, {
          UpdateExpression: "SET leasedBy = :holder, leasedUntil = :until",
          ConditionExpression: "attribute_not_exists(leasedUntil) OR leasedUntil <= :now",
          ExpressionAttributeValues: marshall({
            ":holder": holder,
            ":until": until.toISOString(),
            ":now": clock.now().toISOString(),
          }),
        }),
      ),

    async release(endpointId, holder) {
      await wasMade(
        update(endpointId, {
          UpdateExpression: "REMOVE leasedBy, leasedUntil",
          ConditionExpression: "leasedBy = :holder",
          ExpressionAttributeValues: marshall({ ":holder": holder }),
        }),
      );
    },

    async remove(endpointId) {
      await deleteRow(client, TableName, stateKey(endpointId));
    },
  };
}

type UpdateInput = ConstructorParameters<typeof UpdateItemCommand>[0];

/** Returns the parts of an update expression that store a state. `mode` is a reserved word. */
function assigned({ failures, mode, probeAt, probes, since }: EndpointState) {
  const fields = { failures, "#mode": mode, probeAt, probes, since };
  const sets: string[] = [];
  const removes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const placeholder = `:${name.replace("#", "")}`;
    if (value === undefined) removes.push(name);
    else sets.push(`${name} = ${placeholder}`);
    if (value !== undefined) values[placeholder] = value;
  }
  return { sets, removes, values };
}

function stateKey(endpointId: string) {
  return { pk: `webhook-state#${endpointId}` };
}
