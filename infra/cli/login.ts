import { text } from "node:stream/consumers";
import * as z from "zod/mini";
import type { Login } from "../../client/connection-jobs.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { askHidden } from "./ask.ts";
import { canAsk, type Io } from "./io.ts";
import { UsageError } from "./usage-error.ts";

const FIELDS = ["loginId", "password", "securityCode", "secondaryLoginId", "userToken"] as const;
export type LoginField = (typeof FIELDS)[number];

/** The fields of a login that are known, each as a secret. */
export type SecretLogin = { readonly [field in LoginField]?: Secret };

const loginFields = z.strictObject({
  loginId: z.optional(z.string()),
  password: z.optional(z.string()),
  securityCode: z.optional(z.string()),
  secondaryLoginId: z.optional(z.string()),
  userToken: z.optional(z.string()),
});

/**
 * Reads a login from standard input.
 *
 * @throws UsageError if standard input is a terminal, which would show the login, or has no login.
 */
export async function loginFromInput({ stdin }: Io): Promise<SecretLogin> {
  if (stdin.isTTY === true) {
    throw new UsageError(
      "--login-stdin reads a file or a pipe. Leave it out, and a prompt asks for the login.",
    );
  }
  const login = parsedLogin(await text(stdin));
  if (login === undefined || Object.keys(login).length === 0) {
    throw new UsageError(
      `--login-stdin needs a JSON object on standard input, with texts in fields of these names only: ${FIELDS.join(", ")}.`,
    );
  }
  return secretsOf(login);
}

function parsedLogin(given: string): Login | undefined {
  try {
    return withoutMissing(loginFields.parse(JSON.parse(given)));
  } catch {
    return undefined;
  }
}

function withoutMissing(login: { [field in LoginField]?: string | undefined }): Login {
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined));
}

function secretsOf(login: Login): SecretLogin {
  return Object.fromEntries(Object.entries(login).map(([field, value]) => [field, new Secret(value)]));
}

/** Returns the login as the client sends it. */
export function revealed(login: SecretLogin): Login {
  return Object.fromEntries(Object.entries(login).map(([field, value]) => [field, value.reveal()]));
}

/** The fields that a bank's login needs, with the bank's names for them. */
export type Captions = readonly (readonly [field: LoginField, caption: string])[];

/**
 * Asks for the fields that are not known yet.
 *
 * @throws UsageError if there is no terminal, and Interrupted if the person leaves.
 */
export async function askForLogin(io: Io, captions: Captions, known: SecretLogin = {}): Promise<SecretLogin> {
  const missing = captions.filter(([field]) => known[field] === undefined);
  if (missing.length > 0 && !canAsk(io)) {
    throw new UsageError(
      "There is no terminal to ask for the login. Pass it to standard input, with --login-stdin.",
    );
  }
  const login: { [field in LoginField]?: Secret } = { ...known };
  for (const [field, label] of missing) {
    const value = await askHidden(io, { label });
    if (value !== undefined) login[field] = value;
  }
  return login;
}
