import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { SealBroken } from "../../jobs/domain/errors.ts";
import type { Sealer } from "../../jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../jobs/domain/secret.ts";
import { namingBrokenSeals } from "../../jobs/store/vault.ts";
import { deleteRow, isUnexpired, ownerOf, putRow, readRow } from "../../platform/dynamo.ts";
import { linkStoredUntil } from "../domain/link.ts";
import type { CurrentLink, CurrentLinks } from "../domain/ports.ts";

export interface OwnedLinksOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Pick<Clock, "now">;
}

/** The rows of current links, by the hash of their user, which the rows of an erasure also have. */
export interface OwnedLinks {
  find(owner: string): Promise<(CurrentLink & { sealed: Uint8Array }) | undefined>;
  /** Does nothing if the user has another link by now. */
  remove(owner: string, link: Pick<CurrentLink, "hash">): Promise<void>;
}

const row = z.object({ linkHash: z.string(), validUntil: z.string(), sealed: z.instanceof(Uint8Array) });

export function dynamoOwnedLinks({ client, tableName, clock }: OwnedLinksOptions): OwnedLinks {
  return {
    async find(owner) {
      const found = await readRow(client, tableName, keyOf(owner));
      if (found === undefined || !isUnexpired(found, clock.now())) return undefined;
      const { linkHash: hash, ...rest } = z.parse(row, found);
      return { hash, ...rest };
    },

    async remove(owner, { hash }) {
      await deleteRow(client, tableName, keyOf(owner), ["linkHash = :hash", { ":hash": hash }]);
    },
  };
}

const sealedText = z.object({ id: z.string(), mobile: z.string() });

/** Stores the id of each user's link in a row of the table of secrets, sealed. */
export function dynamoCurrentLinks(options: OwnedLinksOptions & { sealer: Sealer }): CurrentLinks {
  const { client, tableName, clock } = options;
  const owned = dynamoOwnedLinks(options);
  const sealer = namingBrokenSeals(options.sealer);

  return {
    async find(userId) {
      const found = await owned.find(ownerOf(userId));
      return found && { hash: found.hash, validUntil: found.validUntil };
    },

    async reveal(userId) {
      const found = await owned.find(ownerOf(userId));
      if (found === undefined) return undefined;
      const { hash, validUntil, sealed } = found;
      try {
        const text = await sealer.unseal(refOf(userId), sealed);
        const { id, mobile } = z.parse(sealedText, JSON.parse(text.reveal()));
        return { hash, validUntil, id: new Secret(id), mobile };
      } catch (error) {
        if (error instanceof SealBroken) return undefined;
        throw error;
      }
    },

    async replace(userId, { hash, validUntil, id, mobile }, from) {
      const text = new Secret(JSON.stringify({ id: id.reveal(), mobile }));
      const sealed = await sealer.seal(refOf(userId), text);
      const expiresAt = Math.ceil(linkStoredUntil({ validUntil }).getTime() / 1000);
      const next = { ...keyOf(ownerOf(userId)), linkHash: hash, validUntil, sealed, expiresAt };
      const isMade = await putRow(client, tableName, next, [
        "attribute_not_exists(jobId) OR linkHash = :from OR expiresAt <= :now",
        { ":from": from?.hash ?? "", ":now": clock.now().getTime() / 1000 },
      ]);
      // The write also returns false if the SDK retried it after its response was lost.
      return isMade || (await owned.find(ownerOf(userId)))?.hash === hash;
    },

    remove: (userId, link) => owned.remove(ownerOf(userId), link),
  };
}

const PURPOSE = "link";

function refOf(userId: string): SecretRef {
  return { jobId: keyOf(ownerOf(userId)).jobId, userId, purpose: PURPOSE };
}

/** IAM policies name this prefix, so that functions can be limited to the ids of links. */
function keyOf(owner: string) {
  return { jobId: `auth-link#${owner}`, purpose: PURPOSE } as const;
}
