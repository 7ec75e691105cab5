import { COMMANDS, type CommandName } from "./commands.ts";

const PROGRAM = "connection-jobs";

const WHERE = `Which API, one of:
  --local               local mode on this machine (default; the port in PORT, else 3000)
  --url URL             a deployment, or local mode at another port
  --stack NAME          a stack in AWS, whose address CloudFormation knows

The API key is in the variable CONNECTION_JOBS_KEY; local mode needs none. A login and an answer come by a prompt or by standard
input, never as an argument. --json prints one JSON object a line. docs/cli.md has the exit codes.
`;

export function helpText(command: CommandName | undefined): string {
  if (command !== undefined) {
    const { usage, about } = COMMANDS[command];
    return `${about[0]?.toUpperCase()}${about.slice(1)}.\n\n  ${PROGRAM} ${usage} [--json]\n\n${WHERE}`;
  }
  const lines = Object.values(COMMANDS).flatMap(({ usage, about }) => [`  ${usage}`, `      ${about}`]);
  const keys = [
    "  keys create NAME | list | revoke ID",
    "      API keys of a deployment; keys --help says more",
  ];
  return `Connects banks, and looks at what happens.\n\n${[...lines, ...keys].join("\n")}\n\n${WHERE}`;
}

/** The line of help below a usage error of `keys`. */
export const KEYS_USAGE_LINE = `Usage: ${PROGRAM} keys create NAME | list [--json] | revoke ID, with --stack NAME, --table NAME or --local [URL]`;

/** Returns the line of help below a usage error. */
export function usageLine(command: CommandName | undefined): string {
  return command === undefined
    ? `Usage: ${PROGRAM} COMMAND [OPTIONS]. ${PROGRAM} help lists the commands.`
    : `Usage: ${PROGRAM} ${COMMANDS[command].usage}`;
}
