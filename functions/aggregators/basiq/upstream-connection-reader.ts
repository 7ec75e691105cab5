import * as z from "zod/v4/core";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { anything, listOf, object } from "../../jobs/domain/kinds.ts";
import type { Connection } from "../../jobs/domain/upstream-ports.ts";
import { text } from "./upstream-text.ts";

const connectionSchema = object({
  id: upstreamId,
  status: text,
  institution: object({ id: upstreamId }),
});

const listSchema = object({ data: listOf(anything) });

/** Throws for anything that is not a connection. */
export function readConnection(reply: unknown): Connection {
  return toConnection(z.parse(connectionSchema, reply));
}

/** The connections of a list; entries of other kinds are left out. */
export function readConnections(reply: unknown): Connection[] {
  return z.parse(listSchema, reply).data.flatMap((entry) => {
    const parsed = z.safeParse(connectionSchema, entry);
    return parsed.success ? [toConnection(parsed.data)] : [];
  });
}

function toConnection({ id, status, institution }: z.output<typeof connectionSchema>): Connection {
  return { id, institutionId: institution.id, ...(status === "pending" && { isBeingMade: true }) };
}
