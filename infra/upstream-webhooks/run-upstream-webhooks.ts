import { parseArgs } from "node:util";
import type { Output } from "../cli/keys/perform.ts";
import { lineOf } from "../cli/line-of.ts";
import { UsageError } from "../cli/usage-error.ts";
import { isLoopbackUrl } from "../local/loopback.ts";
import { type Aggregator, aggregatorAt, type UpstreamWebhookMessage } from "./aggregator.ts";
import { findDeployment, type Where } from "./find-deployment.ts";
import { receiverOf, subscribe } from "./subscribe.ts";

const USAGE = `Webhooks of the aggregator, for a deployment with the setting upstreamWebhookSecret.

  upstream-webhooks subscribe   subscribe to all event types, and store the secret
  upstream-webhooks status      the webhook at the aggregator, and its last messages

Where, one of:
  --stack NAME          the stack in AWS (default: ConnectionJobs)
  --local [URL]         local mode (default: http://127.0.0.1:3000, or the port in PORT)
`;

const FAILED = 1;
const WRONG_USAGE = 2;

const SHOWN_MESSAGES = 10;

const OPTIONS = {
  stack: { type: "string" },
  local: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs the program and returns its exit code and output: 0 for success, 1 for a failure, 2 for wrong usage. Never throws. */
export async function runUpstreamWebhooks(
  args: readonly string[],
  variables: { readonly [name: string]: string | undefined },
): Promise<Output & { code: number }> {
  try {
    const { action, where } = readCommand(args, variables);
    if (action === "help") return { code: 0, stdout: USAGE, stderr: "" };
    const { close, apiKey, upstreamUrl, ...deployment } = await findDeployment(where);
    try {
      const given = { ...deployment, aggregator: aggregatorAt(upstreamUrl, apiKey) };
      const stdout = action === "subscribe" ? await subscribed(given) : await status(given);
      return { code: 0, stdout, stderr: "" };
    } finally {
      close();
    }
  } catch (error) {
    const code = error instanceof UsageError ? WRONG_USAGE : FAILED;
    return { code, stdout: "", stderr: `${lineOf(error)}\n` };
  }
}

async function subscribed(given: Parameters<typeof subscribe>[0]): Promise<string> {
  const { id, subscribedEvents } = await subscribe(given);
  return `Subscribed ${receiverOf(given.apiUrl)} to ${subscribedEvents.length} event types, as the webhook ${id}. Its secret is stored.\n`;
}

async function status({ apiUrl, aggregator }: { apiUrl: string; aggregator: Aggregator }): Promise<string> {
  const url = receiverOf(apiUrl);
  const webhook = (await aggregator.list()).find((one) => one.url === url);
  if (webhook === undefined) throw new Error(`The aggregator has no webhook for ${url}. Subscribe first.`);
  const { id, subscribedEvents } = webhook;
  const messages = await aggregator.messages(id, SHOWN_MESSAGES);
  return [
    `${printable(id)}  ${printable(webhook.status)}  ${url}  ${subscribedEvents.length} event types`,
    ...(messages.length === 0 ? ["No messages."] : messages.map(lineOfMessage)),
    "",
  ].join("\n");
}

function lineOfMessage({ id, typeId, eventId, attempts }: UpstreamWebhookMessage): string {
  const last = attempts.at(-1);
  const reply = last === undefined ? "not sent" : String(last.responseStatusCode ?? "no reply");
  return [last?.timestamp ?? "-", reply, typeId, eventId, id].map(printable).join("  ");
}

/** Control characters could make a terminal display something else. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e ]/g, "?").slice(0, 100);
}

function readCommand(
  args: readonly string[],
  variables: { readonly [name: string]: string | undefined },
): { action: "subscribe" | "status" | "help"; where: Where } {
  const { values, positionals } = parsed(args);
  const url = values.local === true ? positionals.find((word) => /^https?:/.test(word)) : undefined;
  const [action, ...rest] = positionals.filter((word) => word !== url);
  if (values.stack !== undefined && values.local === true) {
    throw new UsageError("Only one of --stack and --local goes.");
  }
  const local = url ?? `http://127.0.0.1:${variables["PORT"] || "3000"}`;
  if (!isLoopbackUrl(local)) throw new UsageError("Local mode is on this machine: http://127.0.0.1:PORT");
  const where: Where = values.local === true ? { local } : { stack: values.stack ?? "ConnectionJobs" };
  if (values.help === true) return { action: "help", where };
  if ((action !== "subscribe" && action !== "status") || rest.length > 0) {
    throw new UsageError("subscribe or status? --help says more.");
  }
  return { action, where };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "These options do not go.");
  }
}
