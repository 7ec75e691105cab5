import {
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import type { Waker } from "../domain/ports.ts";

export function sfnWaker(client: SFNClient): Waker {
  return {
    async wake(taskToken, challengeNumber) {
      const output = JSON.stringify({ challengeNumber });
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: taskToken.reveal(), output }));
      } catch (error) {
        const isOver =
          error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
        if (!isOver) throw error;
      }
    },
  };
}
