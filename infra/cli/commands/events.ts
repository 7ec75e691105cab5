import { stateOf } from "../../../client/job-state.ts";
import type { ApiEvent } from "../../../client/types.ts";
import { type Context, print } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { followEvents } from "../follow-events.ts";
import { printable } from "../printable.ts";
import type { Call } from "../read-arguments.ts";
import { eventIdIn, userIn } from "../values.ts";

/** Lists events, the oldest first. With `--follow` and without `--after`, prints new events only, until Ctrl-C. */
export async function events(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const userId = call.texts["user"] === undefined ? undefined : userIn(call);
  const after = eventIdIn(call, "after");
  const onStart = () => void (context.asJson || io.stderr.write("New events appear here. Ctrl-C ends it.\n"));
  const wanted = { ...(userId !== undefined && { userId }), ...(after !== undefined && { after }) };
  const found = call.flags.has("follow")
    ? followEvents(context, { ...wanted, onStart })
    : client.events({ ...wanted, signal: io.signal });
  for await (const event of found) print(context, [event], [lineOfEvent(event)]);
  return EXIT.done;
}

function lineOfEvent(event: ApiEvent): string {
  const { createdDate, entity, eventType, dataRef, id } = event;
  const state = event.entity === "job" ? stateOf(event.data.job) : "";
  const about = URL.canParse(dataRef) ? new URL(dataRef).pathname : dataRef;
  return [createdDate, typeOf({ entity, eventType }).padEnd(18), about, state, id]
    .map(printable)
    .filter((cell) => cell !== "")
    .join("  ");
}

export function typeOf({ entity, eventType }: Pick<ApiEvent, "entity" | "eventType">): string {
  return `${entity}.${eventType}`;
}
