import { setTimeout as wait } from "node:timers/promises";
import { Webhook as Signer } from "standardwebhooks";
import type { Front } from "../serve.ts";
import type { Message, Webhook } from "../state.ts";
import { withEventsOfJobs } from "./events.ts";
import { nextAttemptAt, nextDue, payloadOf, withMessages } from "./messages.ts";

/** How often the sandbox looks for messages to send. */
const lookEveryMs = 20;

/** A receiver has to reply within this time. */
const replyWithinMs = 15_000;

const maxResponseBytes = 256;

/** The age of the timestamp of a message that must seem old. */
const oldMs = 600_000;

/** Signs messages that must seem forged. */
const wrongSecret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

/**
 * Sends the messages of webhooks until the sandbox closes, one after the other, so that their order is certain. A message
 * that fails is sent again.
 */
export async function sendMessages(front: Front): Promise<void> {
  const { keeper, now, setting, closing, rest = pause } = front;
  while (!closing.aborted) {
    if (keeper.current().webhooks.size > 0) {
      const before = keeper.current();
      keeper.replace(withMessages(before, withEventsOfJobs(before, now()), now(), setting.newId));
      for (let next = nextDue(keeper.current(), now()); next !== undefined && !closing.aborted; ) {
        await keeper.settled();
        await sendOne(front, next);
        next = nextDue(keeper.current(), now());
      }
    }
    await rest(lookEveryMs, closing).catch(() => undefined);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return wait(milliseconds, undefined, { signal, ref: false });
}

async function sendOne(front: Front, message: Message): Promise<void> {
  const { keeper, setting } = front;
  const webhook = keeper.current().webhooks.get(message.webhookId);
  if (webhook === undefined) return drop(front, message);
  for (let copy = 1; copy <= message.copies; copy++) {
    const made = await attempt(front, message, webhook);
    if (front.closing.aborted) return;
    const current = keeper.current();
    const found = current.messages.get(message.id);
    if (found === undefined) return;
    const attempts = [...found.attempts, { ...made, id: setting.newId() }];
    const dueAt = made.isSuccess ? null : nextAttemptAt(attempts.length, front.now(), setting.timeScale);
    const changed: Message = { ...found, attempts, dueAt };
    keeper.replace({ ...current, messages: new Map([...current.messages, [changed.id, changed]]) });
  }
}

function drop({ keeper }: Front, { id }: Message): void {
  const current = keeper.current();
  keeper.replace({ ...current, messages: new Map([...current.messages].filter(([key]) => key !== id)) });
}

async function attempt({ now, setting, closing }: Front, message: Message, { url, secret }: Webhook) {
  const at = now();
  const signedAt = new Date(message.isOld ? at - oldMs : at);
  const body = JSON.stringify(payloadOf(message, setting.baseUrl));
  const signer = new Signer(message.isForged ? wrongSecret : secret);
  const headers = {
    "content-type": "application/json",
    "webhook-id": message.id,
    "webhook-timestamp": String(Math.floor(signedAt.getTime() / 1_000)),
    "webhook-signature": signer.sign(message.id, signedAt, body),
  };
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(replyWithinMs)]);
    const reply = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    const response = (await reply.text()).slice(0, maxResponseBytes);
    return { at, url, status: reply.status, response, isSuccess: reply.ok };
  } catch {
    return { at, url, status: null, response: "No reply.", isSuccess: false };
  }
}
