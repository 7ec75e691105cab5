import { log } from "../platform/log.ts";
import { ofError } from "../platform/log-fields.ts";
import type { FanOut } from "./use-cases/fan-out.ts";

/** Starts the sending. The messages are stored: if this fails, the sweeper sends them within two minutes. */
export async function wake(webhooks: FanOut): Promise<void> {
  try {
    await webhooks.wake();
  } catch (error) {
    log("warn", "messages not woken", ofError(error));
  }
}
