import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import { readEnvironment } from "../environment.ts";
import type { EventFront } from "./answer-event.ts";
import { readApiKey } from "./api-key-secret.ts";
import { dynamoTable } from "./table.ts";

const environment = z.object({
  SANDBOX_TABLE: z.string(),
  /** Where it answers, without a slash at the end. */
  SANDBOX_URL: z.url(),
  SANDBOX_API_KEY_SECRET: z.string(),
  TIME_SCALE: z.coerce.number().positive().default(1),
});

/** A service that does not answer by then is tried again by its client. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** Rejects when the environment is not complete, or when the API key cannot be read. */
export async function frontOnAws(): Promise<EventFront> {
  const settings = readEnvironment(environment);
  const apiKey = await readApiKey(
    new SecretsManagerClient({ requestHandler }),
    settings.SANDBOX_API_KEY_SECRET,
  );
  const setting = {
    baseUrl: settings.SANDBOX_URL,
    apiKey,
    isControlGuarded: true,
    timeScale: settings.TIME_SCALE,
    newId: randomUUID,
    newToken: () => randomBytes(32).toString("base64url"),
  };
  const now = Date.now;
  const table = dynamoTable(new DynamoDBClient({ requestHandler }), settings.SANDBOX_TABLE, now);
  return { table, setting, now, wait };
}
