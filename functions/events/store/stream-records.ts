import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { parseJobRecord } from "../../jobs/store/job-record.ts";
import { jobIdIn, jobKey } from "../../jobs/store/job-store.ts";
import type { StreamRecord } from "../use-cases/store-events.ts";

const image = z.record(z.string(), z.custom<AttributeValue>());

/** What Lambda passes to a function that reads the stream of a table. */
const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      dynamodb: z.object({
        Keys: z.object({ pk: z.object({ S: z.string() }) }),
        SequenceNumber: z.string(),
        OldImage: z.optional(image),
        NewImage: z.optional(image),
      }),
    }),
  ),
});

/** Reads the records of the jobs table's stream from an event of Lambda. */
export function streamRecordsIn(event: unknown): StreamRecord[] {
  return z.parse(streamEvent, event).Records.map(({ eventName, dynamodb }) => {
    const { Keys, SequenceNumber: number, OldImage, NewImage } = dynamodb;
    const row = Keys.pk.S;
    const jobId = row.startsWith(jobKey("").pk) ? jobIdIn(row) : undefined;
    return {
      number,
      row,
      jobId,
      read: () =>
        jobId === undefined || eventName !== "MODIFY"
          ? undefined
          : { before: jobIn(OldImage), after: jobIn(NewImage) },
    };
  });
}

function jobIn(row: Record<string, AttributeValue> | undefined) {
  return parseJobRecord(row && unmarshall(row));
}
