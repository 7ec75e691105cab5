import { parseArgs } from "node:util";
import { COMMANDS, type CommandName, type OptionKind, type Syntax } from "./commands.ts";
import { type Place, placeOf, type Variables } from "./place.ts";
import { UsageError } from "./usage-error.ts";

/** A command with its words and options, whose values are not checked yet. */
export interface Call {
  name: CommandName;
  words: readonly string[];
  texts: { readonly [option: string]: string | undefined };
  flags: ReadonlySet<string>;
  place: Place;
  asJson: boolean;
}

export type Invocation =
  | { kind: "command"; call: Call }
  | { kind: "keys"; args: readonly string[] }
  | { kind: "help"; command: CommandName | undefined }
  | { kind: "version" };

/** Options that others use for secrets. Every program of this machine can read the arguments of a process. */
const OF_SECRETS = /pass|pwd|secret|token|api-?key|login-?id|code|answer|credential/i;
/** Such names are shown in a message: they cannot be a value in the wrong place. */
const SHOWN_OPTION = /^(-[a-zA-Z]|--[a-z][a-z-]{1,20})$/;

/**
 * Reads a command line. Values are read as they are given, and are never part of a message.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[], variables: Variables): Invocation {
  const [first, ...rest] = args;
  if (first === "keys") return { kind: "keys", args: rest };
  if (first === "--version" || first === "version") return { kind: "version" };
  if (first === undefined || first === "help") return { kind: "help", command: commandIn(rest)?.name };
  const found = commandIn(args);
  if (first === "--help" || first === "-h") return { kind: "help", command: undefined };
  if (found === undefined) throw new UsageError(unknownCommand(first, rest[0]));
  const { name, after } = found;
  if (after.includes("--help") || after.includes("-h")) return { kind: "help", command: name };
  return { kind: "command", call: callOf(name, after, variables) };
}

/** The command that the first word or the first two words name, and what follows them. */
function commandIn(args: readonly string[]): { name: CommandName; after: string[] } | undefined {
  for (const count of [2, 1]) {
    const name = args.slice(0, count).join(" ");
    if (isCommand(name)) return { name, after: args.slice(count) };
  }
  return undefined;
}

/** The command of a command line that is not valid. */
export function commandNameIn(args: readonly string[]): CommandName | undefined {
  return commandIn(args)?.name;
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function unknownCommand(first: string, second: string | undefined): string {
  const group = Object.keys(COMMANDS).filter((name) => name.startsWith(`${first} `));
  if (group.length > 0) {
    const actions = group.map((name) => name.slice(first.length + 1)).join(", ");
    return `${first} needs ${second === undefined ? "" : "another action: "}one of ${actions}.`;
  }
  return "There is no such command. connection-jobs help lists all of them.";
}

function callOf(name: CommandName, args: readonly string[], variables: Variables): Call {
  const syntax: Syntax = COMMANDS[name];
  const { words, texts, flags } = parsed(syntax, args);
  const required = syntax.words.filter(({ isOptional }) => !isOptional);
  const missing = required[words.length];
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing.name}.`);
  if (words.length > syntax.words.length) {
    const taken = syntax.words.map((word) => word.name).join(" and ") || "options only";
    throw new UsageError(`${name} takes ${taken}, and no further argument.`);
  }
  const place = placeOf(
    {
      local: flags.has("local"),
      ...(texts["url"] !== undefined && { url: texts["url"] }),
      ...(texts["stack"] !== undefined && { stack: texts["stack"] }),
    },
    variables,
  );
  return { name, words, texts, flags, place, asJson: flags.has("json") };
}

function parsed({ options }: Syntax, args: readonly string[]) {
  const words: string[] = [];
  const texts: { [option: string]: string } = {};
  const flags = new Set<string>();
  for (const token of tokensOf(options, args)) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const kind = Object.hasOwn(options, name) ? options[name] : undefined;
    if (kind === undefined || !rawName.startsWith("--")) throw new UsageError(unknownOption(rawName));
    if (flags.has(name) || Object.hasOwn(texts, name)) throw new UsageError(`--${name} is there twice.`);
    if (kind === "flag") {
      if (value !== undefined) throw new UsageError(`--${name} takes no value.`);
      flags.add(name);
    } else {
      if (value === undefined || value === "" || (!inlineValue && value.startsWith("-"))) {
        throw new UsageError(`--${name} needs a value.`);
      }
      texts[name] = value;
    }
  }
  return { words, texts, flags };
}

function tokensOf(options: { readonly [name: string]: OptionKind }, args: readonly string[]) {
  const types = Object.entries(options).map(([name, kind]) => [
    name,
    { type: kind === "flag" ? ("boolean" as const) : ("string" as const) },
  ]);
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(types),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/** Returns the message about an unknown option. Shows its name only if that cannot be a value in the wrong place. */
export function unknownOption(rawName: string): string {
  if (OF_SECRETS.test(rawName)) {
    return `${SHOWN_OPTION.test(rawName) ? rawName : "This option"} does not go: a secret in an argument is seen by other programs. Use the prompt or standard input.`;
  }
  return SHOWN_OPTION.test(rawName) ? `There is no option ${rawName} here.` : "There is no such option here.";
}
