import manifest from "../../package.json" with { type: "json" };
import { connect } from "./commands/connect.ts";
import { events } from "./commands/events.ts";
import { answer, cancel, jobs, resume, watch } from "./commands/jobs.ts";
import { link } from "./commands/link.ts";
import { listen } from "./commands/listen.ts";
import { resetSandbox, setFault, setOutage } from "./commands/sandbox.ts";
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  listMessages,
  listWebhooks,
  replayMessages,
  resendMessage,
  rotateSecret,
  sendTest,
} from "./commands/webhooks.ts";
import type { CommandName } from "./commands.ts";
import type { Context } from "./context.ts";
import { doctor } from "./doctor/doctor.ts";
import { EXIT, type ExitCode, exitCodeOfError, Interrupted } from "./exit-codes.ts";
import { helpText, KEYS_USAGE_LINE, usageLine } from "./help.ts";
import type { Io } from "./io.ts";
import { runKeys } from "./keys/run-keys.ts";
import { errorLine, openApi } from "./open-api.ts";
import type { Place, Variables } from "./place.ts";
import { type Call, commandNameIn, readArguments } from "./read-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The commands that call the API with the client. */
const CLIENT_COMMANDS: {
  readonly [name in CommandName]?: (context: Context, call: Call) => Promise<ExitCode>;
} = {
  connect,
  watch,
  answer,
  resume,
  cancel,
  jobs,
  link,
  events,
  listen,
  "webhooks list": listWebhooks,
  "webhooks create": createWebhook,
  "webhooks change": changeWebhook,
  "webhooks enable": enableWebhook,
  "webhooks disable": disableWebhook,
  "webhooks delete": deleteWebhook,
  "webhooks rotate": rotateSecret,
  "webhooks test": sendTest,
  "webhooks messages": listMessages,
  "webhooks resend": resendMessage,
  "webhooks replay": replayMessages,
};

const OTHER_COMMANDS: { readonly [name in CommandName]?: (io: Io, call: Call) => Promise<ExitCode> } = {
  "sandbox outage": setOutage,
  "sandbox fault": setFault,
  "sandbox reset": resetSandbox,
  doctor: (io, call) => doctor(io, call, manifest.version),
};

/** Runs a command and returns its exit code. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let place: Place | undefined;
  try {
    const invocation = readArguments(args, io.variables);
    switch (invocation.kind) {
      case "help":
        io.stdout.write(helpText(invocation.command));
        return EXIT.done;
      case "version":
        io.stdout.write(`${manifest.version}\n`);
        return EXIT.done;
      case "keys": {
        const { code, stdout, stderr } = await runKeys(invocation.args, io.variables);
        io.stderr.write(stderr);
        if (code === EXIT.wrongUsage) io.stderr.write(`${KEYS_USAGE_LINE}\n`);
        io.stdout.write(stdout);
        return code;
      }
      case "command":
        place = invocation.call.place;
        return await runCommand(io, invocation.call);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) io.stderr.write(`${errorLine(error, place)}\n`);
    if (error instanceof UsageError) io.stderr.write(`${usageLine(commandNameIn(args))}\n`);
    return exitCodeOfError(error);
  }
}

async function runCommand(io: Io, call: Call): Promise<ExitCode> {
  const { name, place, asJson } = call;
  const other = OTHER_COMMANDS[name];
  if (other !== undefined) return other(io, call);
  const { client } = await openApi(place, io.variables);
  const commandLine = (command: string) => `${programIn(io.variables)} ${command}${optionsOf(place)}`;
  return await (CLIENT_COMMANDS[name]?.({ client, io, asJson, commandLine }, call) ?? EXIT.wrongUsage);
}

/** The name by which the person called this program: npm sets the variable in its scripts. */
function programIn(variables: Variables): string {
  return /^(cli|connect)$/.test(variables["npm_lifecycle_event"] ?? "")
    ? "npm run cli --"
    : "connection-jobs";
}

function optionsOf(place: Place): string {
  if (place.kind === "local") return "";
  return place.kind === "url" ? ` --url ${place.url}` : ` --stack ${place.stack}`;
}
