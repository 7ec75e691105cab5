import { count, durationMs, type Measurement } from "../../jobs/domain/metrics.ts";
import type { Message } from "./message.ts";

/** Yields the measurements of an attempt, with the message as it is after it. */
export function* measureAttempt({ attempts, createdAt, status }: Message): Iterable<Measurement> {
  const last = attempts.at(-1);
  if (last?.isSuccess) {
    yield count("MessagesDelivered");
    yield durationMs("DeliveryDelay", createdAt, last.at);
  } else {
    yield count("AttemptsFailed");
    if (status === "failed") yield count("MessagesFailed");
  }
}

/** What a sweep found at the endpoints, after its work. */
export interface DeliverySweep {
  failing: number;
  /** ISO 8601. When the message was made that has waited for the longest time. */
  oldestWaiting: string | undefined;
}

export function* measureDeliverySweep(
  { failing, oldestWaiting }: DeliverySweep,
  now: Date,
): Iterable<Measurement> {
  const at = now.toISOString();
  yield { ...count("EndpointsFailing"), value: failing };
  yield durationMs("OldestWaitingMessage", oldestWaiting ?? at, at);
}
