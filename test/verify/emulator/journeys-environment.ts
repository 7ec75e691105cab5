import * as z from "zod";

/** What a process that runs journeys is told. */
const environment = z.object({
  AWS_ENDPOINT_URL: z.url(),
  TARGET_API_URL: z.url(),
  TARGET_SANDBOX_URL: z.url(),
  TARGET_API_KEY: z.string(),
  /** The file in which is written down what secrets were exchanged for. */
  SECRETS_SENT: z.string(),
});

export function journeysEnvironment() {
  return environment.parse(process.env);
}
