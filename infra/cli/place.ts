import { isLoopbackUrl } from "../local/loopback.ts";
import { UsageError } from "./usage-error.ts";

/** Which system a command calls. CloudFormation knows the address of a stack. */
export type Place =
  | { kind: "local"; url: string }
  | { kind: "url"; url: string }
  | { kind: "stack"; stack: string };

export type Variables = { readonly [name: string]: string | undefined };

const DEFAULT_PORT = "3000";

/**
 * Returns the system that the options name: local mode without any of them.
 *
 * @throws UsageError if there is more than one of them, or if a URL is neither https nor on this machine.
 */
export function placeOf(
  { local, url, stack }: { local?: boolean; url?: string; stack?: string },
  variables: Variables,
): Place {
  if ([local || undefined, url, stack].filter((each) => each !== undefined).length > 1) {
    throw new UsageError("Only one of --local, --url and --stack goes.");
  }
  if (stack !== undefined) return { kind: "stack", stack: stackName(stack) };
  if (url !== undefined) return { kind: "url", url: apiUrl(url) };
  return { kind: "local", url: localUrl(variables["PORT"] || DEFAULT_PORT) };
}

/** A path stays, because an API may have one. */
function apiUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isAllowed = url?.protocol === "https:" || isLoopbackUrl(given);
  if (url === undefined || !isAllowed || url.username || url.password || url.search || url.hash) {
    throw new UsageError(
      "--url takes an address that begins with https, or http://127.0.0.1:PORT on this machine.",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function localUrl(port: string): string {
  const url = `http://127.0.0.1:${port}`;
  if (!/^\d{1,5}$/.test(port) || !isLoopbackUrl(url)) {
    throw new UsageError("The variable PORT is not the number of a port.");
  }
  return url;
}

function stackName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) throw new UsageError("--stack takes the name of a stack.");
  return name;
}
