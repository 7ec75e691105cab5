import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { readEnvironment, timeScaleText } from "../environment.ts";
import type { EventFront } from "./answer-event.ts";
import { readApiKey } from "./api-key-secret.ts";
import { dynamoTable } from "./table.ts";

const environment = z.object({
  SANDBOX_TABLE: z.string(),
  /** The URL of the sandbox, without a trailing slash. */
  SANDBOX_URL: z.string().check(z.refine((url) => URL.canParse(url))),
  SANDBOX_API_KEY_SECRET: z.string(),
  CONSENT_RETURN_URL: z.optional(z.string().check(z.refine((url) => URL.canParse(url)))),
  TIME_SCALE: timeScaleText,
});

/** The SDK client retries a request that has no reply within this time, in milliseconds. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/**
 * Creates the sandbox's dependencies from the environment. Rejects if the environment is incomplete or the API key cannot be
 * read.
 */
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
    consentReturnUrl: settings.CONSENT_RETURN_URL,
    timeScale: Number(settings.TIME_SCALE ?? 1),
    newId: randomUUID,
    newToken: () => randomBytes(32).toString("base64url"),
  };
  const now = Date.now;
  const table = dynamoTable(new DynamoDBClient({ requestHandler }), settings.SANDBOX_TABLE, now);
  return { table, setting, now, wait };
}
