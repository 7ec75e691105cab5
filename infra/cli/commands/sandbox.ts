import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Secret } from "../../../functions/jobs/domain/secret.ts";
import { secretsManagerSecret } from "../../../functions/platform/secrets-manager.ts";
import { askLocalMode } from "../ask-local-mode.ts";
import { print } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import type { Place } from "../place.ts";
import type { Call } from "../read-arguments.ts";
import { stackOutput } from "../stack-output.ts";
import { UsageError } from "../usage-error.ts";
import { idIn, oneOf, required, wholeNumberIn } from "../values.ts";

/** The control API of a sandbox. That of local mode needs no key. */
interface Sandbox {
  url: string;
  apiKey: Secret | undefined;
}

const REPLIES_WITHIN_MS = 30_000;
const LONGEST_DELAY_MS = 600_000;
const MOST_FAULTS = 100_000;

/** Sets a bank to an outage, or ends it. */
export async function setOutage(io: Io, call: Call): Promise<ExitCode> {
  const institution = idIn(call, 0, "INSTITUTION");
  const how = oneOf(call, "how", ["refuse", "fail", "queue"]);
  const isOver = call.flags.has("over");
  if (isOver && how !== undefined) throw new UsageError("Only one of --how and --over goes.");
  const body = isOver ? { status: "operational" } : { status: "major-outage", outage: how ?? "refuse" };
  const reply = await control(io, call.place, "PUT", `/_control/institutions/${institution}`, body);
  const line = isOver
    ? "The bank is available again."
    : "The bank is down. End it with --over, or with sandbox reset.";
  print({ io, asJson: call.asJson }, [reply], [line]);
  return EXIT.done;
}

/** Makes the next calls that match fail, or be late. Replaces earlier faults. */
export async function setFault(io: Io, call: Call): Promise<ExitCode> {
  const [method = "", path = ""] = call.words;
  if (!/^[A-Z]{3,7}$/.test(method)) throw new UsageError("sandbox fault needs METHOD, such as GET.");
  if (!/^\/[^\s?#]*$/.test(path)) throw new UsageError("sandbox fault needs PATH, such as '/jobs/*'.");
  const times = wholeNumberIn(call, "times", { least: 1, most: MOST_FAULTS }) ?? 1;
  const fault = { method, path, times, do: actionIn(call) };
  const reply = await control(io, call.place, "PUT", "/_control/faults", [fault]);
  print(
    { io, asJson: call.asJson },
    [reply],
    [`The next ${times === 1 ? "call that matches meets" : `${times} calls that match meet`} this fault.`],
  );
  return EXIT.done;
}

function actionIn(call: Call): object {
  const status = wholeNumberIn(call, "status", { most: 599 });
  const delayMs = wholeNumberIn(call, "delay", { most: LONGEST_DELAY_MS });
  const reset = oneOf(call, "lose", ["before", "after"]);
  const given = [status, delayMs, reset].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError("sandbox fault needs one of --status, --delay and --lose.");
  if (status !== undefined && status < 400)
    throw new UsageError("--status takes the status of an error: 400 to 599.");
  if (status !== undefined) return { status };
  return delayMs !== undefined ? { delayMs } : { reset: required(reset, call, "lose") };
}

export async function resetSandbox(io: Io, call: Call): Promise<ExitCode> {
  await control(io, call.place, "DELETE", "/_control");
  print(
    { io, asJson: call.asJson },
    [{ type: "sandbox", status: "reset" }],
    ["The sandbox is as at its start."],
  );
  return EXIT.done;
}

async function control(io: Io, place: Place, method: string, path: string, body?: object): Promise<object> {
  const { url, apiKey } = await findSandbox(place);
  const reply = await fetch(`${url}${path}`, {
    method,
    redirect: "error",
    signal: AbortSignal.any([io.signal, AbortSignal.timeout(REPLIES_WITHIN_MS)]),
    headers: {
      ...(apiKey !== undefined && { authorization: `Basic ${apiKey.reveal()}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    io.signal.throwIfAborted();
    throw new Error(`No sandbox answers at ${new URL(url).origin}.`);
  });
  if (reply.status === 404) throw new Error("The sandbox has no such bank.");
  if (!reply.ok) throw new Error(`The sandbox refused the call, with status ${reply.status}.`);
  const json: unknown = reply.status === 204 ? {} : await reply.json();
  return typeof json === "object" && json !== null ? json : {};
}

/** For a stack, reads the sandbox's key from Secrets Manager. */
async function findSandbox(place: Place): Promise<Sandbox> {
  if (place.kind === "url")
    throw new UsageError("--url does not go with sandbox: --stack names a deployment with a sandbox.");
  if (place.kind === "local") {
    const { sandbox } = await askLocalMode(place.url);
    if (sandbox === undefined)
      throw new Error(`Local mode at ${place.url} has no sandbox: it uses another aggregator.`);
    return { url: sandbox, apiKey: undefined };
  }
  const cloudFormation = new CloudFormationClient({});
  const secretsManager = new SecretsManagerClient({});
  try {
    const url = await stackOutput(cloudFormation, place.stack, "SandboxUrl").catch((error: unknown) => {
      if (error instanceof Error && /has no output/.test(error.message)) {
        throw new Error(`The stack ${place.stack} has no sandbox. Deploy it with -c upstream=sandbox.`);
      }
      throw error;
    });
    const secretId = await stackOutput(cloudFormation, place.stack, "SandboxApiKeySecret");
    return { url, apiKey: await secretsManagerSecret(secretsManager, secretId)() };
  } finally {
    cloudFormation.destroy();
    secretsManager.destroy();
  }
}
