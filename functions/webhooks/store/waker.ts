import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Waker, Woken } from "../domain/ports.ts";

/** The event of an asynchronous invocation has at most 256 kB. A message takes about 100 bytes of it. */
const MESSAGES_PER_EVENT = 2_000;

/** Wakes the function that sends messages, without waiting for it. */
export function lambdaWaker(client: LambdaClient, FunctionName: string): Waker {
  return {
    async wake(messages) {
      for (let start = 0; start < messages.length; start += MESSAGES_PER_EVENT) {
        const some: readonly Woken[] = messages.slice(start, start + MESSAGES_PER_EVENT);
        const Payload = JSON.stringify({ messages: some });
        await client.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }));
      }
    },
  };
}
