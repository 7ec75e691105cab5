import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ABSENT, ownerOf, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import type { ClaimOn } from "../domain/job.ts";
import type { Claims } from "../domain/ports.ts";
import { CLAIM_TTL_DAYS, storedUntil } from "../domain/times-to-live.ts";

export function dynamoClaims(client: DynamoDBClient, tableName: string, clock: Clock): Claims {
  async function holder(on: ClaimOn): Promise<string | undefined> {
    const jobId = (await readRow(client, tableName, keyOf(on)))?.["jobId"];
    return typeof jobId === "string" ? jobId : undefined;
  }

  return {
    holder,

    async take(on, jobId, from) {
      const expiresAt = storedUntil(clock.now().toISOString(), CLAIM_TTL_DAYS);
      const isTaken = await putRow(
        client,
        tableName,
        { ...keyOf(on), jobId, owner: ownerOf(on.userId), expiresAt },
        from === undefined ? ABSENT : ["jobId = :from", { ":from": from }],
      );
      // The write also returns false if the SDK retried it after its response was lost.
      return isTaken || (await holder(on)) === jobId;
    },
  };
}

function keyOf(on: ClaimOn) {
  const what = "connectionId" in on ? `connection#${on.connectionId}` : on.institutionId;
  return { pk: `claim#${on.userId}#${what}` };
}
