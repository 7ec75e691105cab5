import { randomUUID } from "node:crypto";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamoApiKeyRegister } from "../../../functions/access/api-key-register.ts";
import { RATE_LIMITS, type RateLimit } from "../../../functions/access/rate-limit.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { findTable } from "../../../infra/keys/find-table.ts";
import { serverClaims, tokenMaker } from "../../journeys/access/tokens.ts";
import type { AwsCall } from "../../support/aws-recorder.ts";
import { type CanaryWorld, TIME_SCALE } from "./canary-world.ts";

const WINDOW_MS = 300_000;
/** Far more than the suite meets: 38 minutes of them. */
const WINDOWS = 60;
const [TWO_HOURS, ONE_HOUR] = [7_200, 3_600];

/** Those of whom every request is refused, whatever it asks for. */
export interface BeyondLimits {
  /** An API key and a user who have sent as many requests as they may. */
  readonly limitedKey: string;
  readonly limitedUserId: string;
  /** Of this user KMS seals nothing. */
  readonly unsealedUserId: string;
  /** A token of ours that was good an hour ago. */
  readonly expired: string;
}

export async function beyondLimits({ register, system, recorder }: CanaryWorld): Promise<BeyondLimits> {
  const { client, tableName } = await findTable({ local: system.apiUrl });
  const limitedKey = register.header("API key");
  const limitedUserId = randomUUID();
  const { id } = await dynamoApiKeyRegister(client, tableName).add(
    new Secret(limitedKey),
    "another",
    new Date(),
  );
  const window = Math.floor((Date.now() * TIME_SCALE) / WINDOW_MS);
  const fill = (limit: RateLimit, of: string, number: number) => {
    const Item = {
      pk: { S: `rate#${limit}#${of}#${number}` },
      requests: { N: String(RATE_LIMITS[limit]) },
    };
    return client.send(new PutItemCommand({ TableName: tableName, Item }));
  };
  for (let number = window; number < window + WINDOWS; number++) {
    await Promise.all([fill("token", id, number), fill("user", limitedUserId, number)]);
  }
  client.destroy();

  const unsealedUserId = randomUUID();
  const isSealing = ({ operation, request }: AwsCall) =>
    operation === "Encrypt" && Object(request["EncryptionContext"]).userId === unsealedUserId;
  recorder.failAll(isSealing, "KMSInternalException", 500);

  const [key] = system.deployed.keys.filter(({ spec }) => spec !== "SYMMETRIC_DEFAULT");
  const now = Math.floor(Date.now() / 1000);
  const claims = { ...serverClaims(), iat: now - TWO_HOURS, exp: now - ONE_HOUR };
  const expired = await tokenMaker(key?.keyId ?? "").signed(claims);
  register.made("refused token", expired);
  return { limitedKey, limitedUserId, unsealedUserId, expired };
}
