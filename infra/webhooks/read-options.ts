import { parseArgs } from "node:util";
import { DEVELOPMENT_KEY } from "../local/development-key.ts";
import { isLoopbackUrl } from "../local/loopback.ts";

export const USAGE = `Prints the messages of webhooks as local mode sends them. Ctrl-C stops it.

  --url URL       the API of local mode (default: http://127.0.0.1:3000, or the port in PORT)
  --port NUMBER   the port of the receiver (default: 3002)

The API key is LOCAL_API_KEY, by default that of local mode.
`;

/** Thrown when the command line is not valid. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Options {
  /** Without a slash at its end. */
  apiUrl: string;
  apiKey: string;
  /** Of the receiver. */
  port: number;
}

const OPTIONS = {
  url: { type: "string" },
  port: { type: "string", default: "3002" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const MAX_PORT = 65_535;

/**
 * Returns the options, or `help` if the caller asks for it. Takes the port of the API and the API key from the same variables as local
 * mode.
 *
 * @throws UsageError
 */
export function readOptions(
  args: readonly string[],
  variables: { readonly [name: string]: string | undefined },
): Options | "help" {
  const { url, port, help } = parsed(args);
  if (help) return "help";
  const apiUrl = url ?? `http://127.0.0.1:${variables["PORT"] || "3000"}`;
  if (!isLoopbackUrl(apiUrl))
    throw new UsageError("--url takes an address of this machine: http://127.0.0.1:PORT");
  if (!/^\d{1,5}$/.test(port) || Number(port) > MAX_PORT)
    throw new UsageError("--port takes the number of a port.");
  return {
    apiUrl: new URL(apiUrl).origin,
    apiKey: variables["LOCAL_API_KEY"] || DEVELOPMENT_KEY,
    port: Number(port),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch {
    throw new UsageError("Only --url, --port and --help go.");
  }
}
