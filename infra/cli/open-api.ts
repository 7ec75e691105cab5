import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { type ConnectionJobsClient, connectionJobs } from "../../client/connection-jobs.ts";
import { ApiError, NetworkError } from "../../client/errors.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { DEVELOPMENT_KEY } from "../local/development-key.ts";
import { isLoopbackUrl } from "../local/loopback.ts";
import { lineOf } from "./line-of.ts";
import type { Place, Variables } from "./place.ts";
import { printable } from "./printable.ts";
import { stackOutput } from "./stack-output.ts";
import { UsageError } from "./usage-error.ts";

/** Returns the address of the API. For a stack, the SDK takes region and credentials from the environment and its configuration files. */
async function addressOf(place: Place): Promise<string> {
  if (place.kind !== "stack") return place.url;
  const cloudFormation = new CloudFormationClient({});
  try {
    return (await stackOutput(cloudFormation, place.stack, "ApiUrl")).replace(/\/+$/, "");
  } finally {
    cloudFormation.destroy();
  }
}

/** The variable with the API key of a deployment. */
const KEY_VARIABLE = "CONNECTION_JOBS_KEY";

/**
 * Returns the API key: that of local mode for local mode, and on this machine if no other is set.
 *
 * @throws UsageError if there is none, or if it cannot be one.
 */
export function apiKeyFor(place: Place, variables: Variables): Secret {
  const given = place.kind === "local" ? undefined : variables[KEY_VARIABLE];
  const isHere = place.kind !== "stack" && isLoopbackUrl(place.url);
  const key = given || (isHere ? variables["LOCAL_API_KEY"] || DEVELOPMENT_KEY : undefined);
  if (key === undefined)
    throw new UsageError(`The variable ${KEY_VARIABLE} is not set: it holds the API key.`);
  if (!/^[\x21-\x7e]{8,256}$/.test(key)) {
    throw new UsageError(
      `The variable ${place.kind === "local" ? "LOCAL_API_KEY" : KEY_VARIABLE} does not hold an API key.`,
    );
  }
  return new Secret(key);
}

export async function openApi(
  place: Place,
  variables: Variables,
): Promise<{ client: ConnectionJobsClient; url: string }> {
  const apiKey = apiKeyFor(place, variables);
  const url = await addressOf(place);
  return { url, client: connectionJobs({ url, apiKey: apiKey.reveal() }) };
}

/** Returns the line that tells a person what went wrong and what to check. */
export function errorLine(error: unknown, place: Place | undefined): string {
  const where = place === undefined || place.kind === "stack" ? "The API" : `The API at ${place.url}`;
  if (error instanceof NetworkError) {
    return place?.kind === "local"
      ? `No local mode answers at ${place.url}. Start it with npm start, or name another API with --url or --stack.`
      : printable(error.message);
  }
  if (!(error instanceof ApiError)) return lineOf(error);
  // As published, the API replies 404 to an unknown key.
  if (error.status === 404 && error.code === "parameter-not-valid") {
    const variable = place?.kind === "local" ? "LOCAL_API_KEY" : KEY_VARIABLE;
    return `${where} does not accept the API key. Set ${variable} to one of its keys.`;
  }
  if (error.code === "unexpected-reply") {
    return `${where} gave a reply that is not one of Connection Jobs (status ${error.status}). Check the address.`;
  }
  const wait = error.retryAfterSeconds === undefined ? "" : ` Try again in ${error.retryAfterSeconds} s.`;
  return `${printable(error.detail ?? error.title)} (${printable(error.code)})${wait}`;
}
