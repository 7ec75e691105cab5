import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { expect, test } from "vitest";
import * as z from "zod";
import { rowsOfAll } from "../support/tables.ts";
import { crashTests } from "./matrix.ts";
import { WAITING } from "./scenarios.ts";

/** A slot of a request that was killed is free after 1.7 s. No more users at once than there are slots. */
crashTests({ timeScale: 15, atOnce: 2 }, WAITING);

const lease = z.object({ pk: z.string().startsWith("waiter#"), leasedUntil: z.number() });
const anyRow = z.record(z.string(), z.custom<AttributeValue>());

test("every slot of a request that was killed is free again", async () => {
  const held = async () =>
    (await rowsOfAll())
      .flatMap((row) => lease.safeParse(unmarshall(anyRow.parse(row))).data ?? [])
      .filter(({ leasedUntil }) => leasedUntil > Date.now());
  await expect.poll(held).toEqual([]);
});
