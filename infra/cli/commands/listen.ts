import type { ApiEvent } from "../../../client/types.ts";
import type { Secret } from "../../../functions/jobs/domain/secret.ts";
import { newEndpointSecret, signedHeaders } from "../../../functions/webhooks/sending/sign.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { followEvents } from "../follow-events.ts";
import { printable } from "../printable.ts";
import type { Call } from "../read-arguments.ts";
import { loopbackUrlIn, oneOf } from "../values.ts";
import { typeOf } from "./events.ts";

/** A webhook's receiver has the same time. */
const REPLIES_WITHIN_MS = 15_000;

/**
 * Sends each new event to a program on this machine, as the webhooks of a deployment do, until Ctrl-C. Signs with a secret of this run,
 * which it prints once. Sends nothing again.
 */
export async function listen(context: Context, call: Call): Promise<ExitCode> {
  const { io, asJson } = context;
  const receiver = loopbackUrlIn(call, "forward-to");
  const isFull = oneOf(call, "payload", ["thin", "full"]) === "full";
  const secret = newEndpointSecret();
  const started = { secret: secret.reveal(), forwardTo: receiver };
  const onStart = () =>
    void io.stdout.write(
      asJson
        ? `${JSON.stringify(started)}\n`
        : `Secret of this run: ${started.secret}\nNew events go to ${receiver}. Ctrl-C ends it.\n`,
    );
  for await (const event of followEvents(context, { onStart })) {
    const body = JSON.stringify(isFull ? { ...payloadOf(event), event } : payloadOf(event));
    const outcome = await sent({
      receiver,
      id: event.id,
      body,
      secret,
      at: new Date(io.now()),
      signal: io.signal,
    });
    const shown = { eventId: event.id, eventTypeId: typeOf(event), outcome };
    const line = `${printable(event.createdDate)}  ${printable(typeOf(event)).padEnd(18)}  ${outcome}`;
    io.stdout.write(`${asJson ? JSON.stringify(shown) : line}\n`);
  }
  return EXIT.done;
}

/** The body of a webhook's message. */
function payloadOf(event: ApiEvent) {
  return {
    eventTypeId: typeOf(event),
    eventId: event.id,
    links: { event: event.links.self, eventEntity: event.dataRef },
  };
}

interface Sending {
  receiver: string;
  id: string;
  body: string;
  secret: Secret;
  at: Date;
  signal: AbortSignal;
}

/** Returns the status of the reply, or why there is none. A redirect is not followed: it could lead to another machine. */
async function sent({ receiver, id, body, secret, at, signal }: Sending): Promise<string> {
  try {
    const reply = await fetch(receiver, {
      method: "POST",
      headers: { "content-type": "application/json", ...signedHeaders({ id, body, secrets: [secret], at }) },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(REPLIES_WITHIN_MS)]),
    });
    await reply.body?.cancel();
    return String(reply.status);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error && error.name === "TimeoutError"
      ? `no reply within ${REPLIES_WITHIN_MS / 1000} s`
      : "nothing listens there";
  }
}
