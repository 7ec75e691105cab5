import type { WebhookSettings } from "../../../client/connection-jobs.ts";
import type { Webhook, WebhookMessage, WebhookWithSecret } from "../../../client/types.ts";
import { MAX_OVERLAP_SECONDS } from "../../../functions/webhooks/domain/endpoint.ts";
import { type Context, print } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import type { Call } from "../read-arguments.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../usage-error.ts";
import { idIn, isEventType, matching, oneOf, required, wholeNumberIn } from "../values.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
/** The most messages that the API lists at once. */
const MOST_MESSAGES = 500;
const SHOWN_MESSAGES = 20;

const webhookIn = (call: Call) => idIn(call, 0, "WEBHOOK");

export async function listWebhooks(context: Context): Promise<ExitCode> {
  const found = await context.client.webhooks.list({ signal: context.io.signal });
  print(context, found, webhookTable(found));
  return EXIT.done;
}

export async function createWebhook(context: Context, call: Call): Promise<ExitCode> {
  const settings = { url: receiverUrl(call.words[0], "RECEIVER"), ...settingsIn(call) };
  printSecret(context, await context.client.webhooks.create(settings, { signal: context.io.signal }));
  return EXIT.done;
}

/** Settings that no option names stay as they are. */
export async function changeWebhook(context: Context, call: Call): Promise<ExitCode> {
  const receiver = call.texts["receiver"];
  const settings = settingsIn(call);
  if (receiver === undefined && Object.keys(settings).length === 0) {
    throw new UsageError(
      "webhooks change needs one of --receiver, --name, --description, --events, --payload, --ordering.",
    );
  }
  const url = receiver === undefined ? undefined : receiverUrl(receiver, "--receiver");
  return changed(context, webhookIn(call), { ...settings, ...(url !== undefined && { url }) });
}

export function enableWebhook(context: Context, call: Call): Promise<ExitCode> {
  return changed(context, webhookIn(call), { status: "active" });
}

export function disableWebhook(context: Context, call: Call): Promise<ExitCode> {
  return changed(context, webhookIn(call), { status: "disabled" });
}

async function changed(
  context: Context,
  id: string,
  change: Partial<WebhookSettings> & { status?: "active" | "disabled" },
): Promise<ExitCode> {
  const { client, io } = context;
  // The API takes no change without the URL.
  const { url } = await client.webhooks.get(id, { signal: io.signal });
  const webhook = await client.webhooks.change(id, { url, ...change }, { signal: io.signal });
  print(context, [webhook], webhookTable([webhook]));
  return EXIT.done;
}

export async function deleteWebhook(context: Context, call: Call): Promise<ExitCode> {
  const id = webhookIn(call);
  await context.client.webhooks.delete(id, { signal: context.io.signal });
  print(context, [{ type: "webhook", id, status: "deleted" }], ["The webhook is deleted."]);
  return EXIT.done;
}

export async function rotateSecret(context: Context, call: Call): Promise<ExitCode> {
  const overlapSeconds = wholeNumberIn(call, "overlap", { most: MAX_OVERLAP_SECONDS });
  const options = { signal: context.io.signal, ...(overlapSeconds !== undefined && { overlapSeconds }) };
  printSecret(context, await context.client.webhooks.rotateSecret(webhookIn(call), options));
  return EXIT.done;
}

export async function sendTest(context: Context, call: Call): Promise<ExitCode> {
  const eventTypeId = call.words[0] ?? "";
  if (!isEventType(eventTypeId)) throw new UsageError("webhooks test needs TYPE, such as job.created.");
  const text = call.texts["text"];
  const test = { eventTypeId, ...(text !== undefined && { Text: text }) };
  printMessages(context, await context.client.webhooks.sendTest(test, { signal: context.io.signal }));
  return EXIT.done;
}

export async function listMessages(context: Context, call: Call): Promise<ExitCode> {
  const limit = wholeNumberIn(call, "limit", { least: 1, most: MOST_MESSAGES }) ?? SHOWN_MESSAGES;
  const messages: WebhookMessage[] = [];
  const options = { limit, signal: context.io.signal };
  for await (const one of context.client.webhooks.messages(webhookIn(call), options)) messages.push(one);
  printMessages(context, messages);
  return EXIT.done;
}

export async function resendMessage(context: Context, call: Call): Promise<ExitCode> {
  const message = idIn(call, 1, "MESSAGE");
  printMessages(context, [
    await context.client.webhooks.resend(webhookIn(call), message, { signal: context.io.signal }),
  ]);
  return EXIT.done;
}

/** Asks again until the API has taken all messages of the period. */
export async function replayMessages(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const time = (option: string) =>
    required(matching(call, option, TIME, "a time in UTC, such as 2026-11-01T00:00:00Z"), call, option);
  const only = oneOf(call, "only", ["failed", "held", "all"]) ?? "failed";
  const wanted = { from: time("from"), to: time("to"), only };
  const id = webhookIn(call);
  let count = 0;
  let after: string | undefined;
  do {
    const replay = await client.webhooks.replay(
      id,
      { ...wanted, ...(after !== undefined && { after }) },
      { signal: io.signal },
    );
    count += replay.count;
    after = replay.next;
  } while (after !== undefined);
  print(context, [{ type: "replay", count }], [`Messages that are sent again: ${count}`]);
  return EXIT.done;
}

function settingsIn(call: Call): Omit<WebhookSettings, "url"> {
  const events = call.texts["events"]?.split(",");
  if (events?.every(isEventType) === false) {
    throw new UsageError("--events takes types with commas in between, such as job.succeeded,job.failed.");
  }
  const { name, description } = call.texts;
  const payload = oneOf(call, "payload", ["thin", "full"]);
  const ordering = oneOf(call, "ordering", ["none", "job"]);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(events !== undefined && { subscribedEvents: events }),
    ...(payload !== undefined && { payload }),
    ...(ordering !== undefined && { ordering }),
  };
}

/** The API checks more, such as that the host is public. */
function receiverUrl(text: string | undefined, what: string): string {
  const protocol = text !== undefined && URL.canParse(text) ? new URL(text).protocol : "";
  if (text === undefined || !/^https?:$/.test(protocol))
    throw new UsageError(`${what} is the URL of a receiver.`);
  return text;
}

function webhookTable(webhooks: readonly Webhook[]): string[] {
  const rows = webhooks.map(({ id, status, url, payload, name = "" }) =>
    [id, status, payload, url, name].map(printable),
  );
  return textTable([["WEBHOOK", "STATUS", "PAYLOAD", "RECEIVER", "NAME"], ...rows]);
}

/** The API shows the secret in this reply only. */
function printSecret(context: Context, webhook: WebhookWithSecret): void {
  print(
    context,
    [webhook],
    [...webhookTable([webhook]), `Secret, shown only here: ${printable(webhook.secret)}`],
  );
}

function printMessages(context: Context, messages: readonly WebhookMessage[]): void {
  const rows = messages.map(({ id, createdDate, eventTypeId, status, attempts }) =>
    [id, createdDate, eventTypeId, status, String(attempts.length)].map(printable),
  );
  print(context, messages, textTable([["MESSAGE", "CREATED", "TYPE", "STATUS", "ATTEMPTS"], ...rows]));
}
