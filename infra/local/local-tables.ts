import * as z from "zod";
import { isLoopbackUrl } from "./loopback.ts";

/** A route of the gateway itself. It returns the address of the local tables to programs on this machine. */
export const LOCAL_TABLES_PATH = "/_local";

export const localTables = z.object({
  /** The URL of the local DynamoDB. */
  dynamodb: z.string().refine(isLoopbackUrl),
  jobsTable: z.string(),
  /** The URL of the sandbox. Undefined if local mode uses another aggregator. */
  sandbox: z.string().refine(isLoopbackUrl).optional(),
  /** What `npm run upstream-webhooks` needs, if the system takes webhooks of its sandbox. */
  upstream: z
    .object({
      url: z.string().refine(isLoopbackUrl),
      secretsManager: z.string().refine(isLoopbackUrl),
      webhookSecret: z.string(),
    })
    .optional(),
});

export type LocalTables = z.infer<typeof localTables>;
