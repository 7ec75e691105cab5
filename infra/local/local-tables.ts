import * as z from "zod";
import { isLoopbackUrl } from "./loopback.ts";

/** A route of the gateway itself. It returns the address of the local tables to programs on this machine. */
export const LOCAL_TABLES_PATH = "/_local";

export const localTables = z.object({
  /** The URL of the local DynamoDB. */
  dynamodb: z.string().refine(isLoopbackUrl),
  jobsTable: z.string(),
});

export type LocalTables = z.infer<typeof localTables>;
