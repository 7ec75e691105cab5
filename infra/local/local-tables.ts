import * as z from "zod";
import { isLoopbackUrl } from "./loopback.ts";

/** The gateway's own route, which tells the programs of this machine where local mode keeps its tables. */
export const LOCAL_TABLES_PATH = "/_local";

export const localTables = z.object({
  /** The address of what stands in for DynamoDB. */
  dynamodb: z.string().refine(isLoopbackUrl),
  /** The name of the jobs table. */
  jobsTable: z.string(),
});

export type LocalTables = z.infer<typeof localTables>;
