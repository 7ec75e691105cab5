import { parseArgs } from "node:util";
import { isLoopbackUrl } from "../../local/loopback.ts";
import { unknownOption } from "../read-arguments.ts";
import { UsageError } from "../usage-error.ts";
import type { Where } from "./find-table.ts";

export type Command =
  | { action: "create"; name: string }
  | { action: "list"; asJson: boolean }
  | { action: "revoke"; idOrHash: string };

const DEFAULT_STACK = "ConnectionJobs";
const DEFAULT_PORT = "3000";

const OPTIONS = {
  stack: { type: "string" },
  table: { type: "string" },
  local: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** A name must be printable. Control and format characters could make a terminal display a false list. */
const NAME = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;
const ID_OR_HASH = /^[0-9a-f]{12,64}$/;

/**
 * Parses the command and the location of the table. Reads the default port of local mode from the variable `PORT`.
 *
 * @throws UsageError
 */
export function readCommand(
  args: readonly string[],
  variables: { readonly [name: string]: string | undefined },
): { command: Command | { action: "help" }; where: Where } {
  const { values, words, url } = parsed(args);
  const { stack, table, local = false, json = false } = values;
  if ([stack, table, local || undefined].filter((each) => each !== undefined).length > 1) {
    throw new UsageError("Only one of --stack, --table and --local goes.");
  }
  const where: Where = local
    ? { local: localUrl(url ?? `http://127.0.0.1:${variables["PORT"] || DEFAULT_PORT}`) }
    : table === undefined
      ? { stack: stack ?? DEFAULT_STACK }
      : { table };
  const command = values.help === true ? ({ action: "help" } as const) : commandIn(words, json);
  return { command, where };
}

function commandIn([action, ...rest]: readonly string[], asJson: boolean): Command {
  const [word, ...more] = rest;
  if (asJson && action !== "list") throw new UsageError("--json goes with list only.");
  switch (action) {
    case "create":
      if (more.length > 0) throw new UsageError("create takes one name: put it in quotes.");
      if (word === undefined || !NAME.test(word)) {
        throw new UsageError("create needs a name of 1 to 100 printable characters.");
      }
      return { action, name: word };
    case "list":
      if (word !== undefined) throw new UsageError("list takes nothing but options.");
      return { action, asJson };
    case "revoke":
      // The message does not repeat the argument, because the user may have typed an API key.
      if (word === undefined || more.length > 0 || !ID_OR_HASH.test(word)) {
        throw new UsageError("revoke needs one id: 12 hexadecimal digits, as list shows it.");
      }
      return { action, idOrHash: word };
    default:
      throw new UsageError("create NAME, list or revoke ID? --help says more.");
  }
}

/**
 * Returns options, command words and the URL that may follow `--local`. `parseArgs` does not support options with an optional
 * value.
 */
function parsed(args: readonly string[]) {
  const { values, tokens } = parse(args);
  const local = tokens.find((token) => token.kind === "option" && token.name === "local");
  const positionals = tokens.filter((token) => token.kind === "positional");
  const url = positionals.find(
    ({ index, value }) => index - 1 === local?.index && /^https?:\/\//.test(value),
  );
  const words = positionals.filter((token) => token !== url).map(({ value }) => value);
  return { values, words, url: url?.value };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    const { message = "These options do not go." } = error instanceof Error ? error : {};
    const [, unknown] = /^Unknown option '(.*?)'/s.exec(message) ?? [];
    throw new UsageError(unknown === undefined ? message : unknownOption(unknown));
  }
}

function localUrl(url: string): string {
  if (!isLoopbackUrl(url)) throw new UsageError("Local mode is on this machine: http://127.0.0.1:PORT");
  return url;
}
