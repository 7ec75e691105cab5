import * as z from "zod/mini";
import type { Connection } from "../domain/ports.ts";
import { upstreamId } from "./ids.ts";
import { listOf } from "./kinds.ts";
import { text } from "./upstream-text.ts";

const connectionSchema = z.object({
  id: upstreamId,
  status: text,
  institution: z.object({ id: upstreamId }),
});

const listSchema = z.object({ data: listOf(z.custom<unknown>()) });

/** Throws for anything that is not a connection. */
export function readConnection(reply: unknown): Connection {
  return toConnection(connectionSchema.parse(reply));
}

/** The connections of a list; entries of other kinds are left out. */
export function readConnections(reply: unknown): Connection[] {
  return listSchema.parse(reply).data.flatMap((entry) => {
    const parsed = connectionSchema.safeParse(entry);
    return parsed.success ? [toConnection(parsed.data)] : [];
  });
}

function toConnection({ id, status, institution }: z.infer<typeof connectionSchema>): Connection {
  return { id, institutionId: institution.id, ...(status === "pending" && { isBeingMade: true }) };
}
