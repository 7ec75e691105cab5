import { appendFileSync, readFileSync } from "node:fs";
import * as z from "zod";
import { type Canary, textCanary } from "../canaries/canary.ts";

/** What a process of journeys has written down, a line each. */
const line = z.union([
  z.object({ canary: z.string(), original: z.string(), field: z.string() }),
  z.object({ token: z.string() }),
]);

const TAKES_SECRETS = /\/users\/|\/mfa$/;
const GIVES_A_TOKEN = /\/token$/;
const FIELD = /"(loginId|password|userToken|securityCode|secondaryLoginId)"(\s*:\s*)("(?:[^"\\]|\\.)*")/g;
const ANSWERS = /("mfa-response"\s*:\s*\[)([^\]]*)\]/g;
const TEXT = /"(?:[^"\\]|\\.)*"/g;
/** What is longer is about its length: a secret, and a body. */
const MAX_CHARS = 100;
const MAX_BODY_CHARS = 4_000;
const tokenReply = z.object({ access_token: z.string() });

/**
 * From now on, every login and answer that this process sends is exchanged for a canary, the same text always for the same
 * one. The bytes around it stay as they are. What was exchanged is written down, as is every access token that came.
 */
export function exchangeSecrets(file: string): void {
  const send = globalThis.fetch;
  const canaries = new Map<string, string>();
  const write = (entry: z.infer<typeof line>) => appendFileSync(file, `${JSON.stringify(entry)}\n`);

  function canaryFor(field: string, original: string): string {
    const known = canaries.get(original);
    if (known !== undefined) return known;
    const canary = textCanary(field).text;
    canaries.set(original, canary);
    write({ canary, original, field });
    return canary;
  }

  globalThis.fetch = async (input, init) => {
    const body = bodyText(init?.body);
    const isToBeExchanged = body !== undefined && TAKES_SECRETS.test(String(input));
    const sent = isToBeExchanged ? { ...init, body: exchanged(body, canaryFor) } : init;
    const reply = await send(input, sent);
    if (GIVES_A_TOKEN.test(String(input)) && reply.ok) {
      const given = tokenReply.safeParse(await reply.clone().json());
      if (given.success) write({ token: given.data.access_token });
    }
    return reply;
  };
}

/** Each text in the place of a secret, by what `canaryFor` gives for it. */
export function exchanged(body: string, canaryFor: (field: string, original: string) => string): string {
  if (body.length > MAX_BODY_CHARS) return body;
  const exchange = (field: string, text: string) => {
    const original = parsedText(text);
    return original === undefined ? text : JSON.stringify(canaryFor(field, original));
  };
  return body
    .replaceAll(FIELD, (_, field, colon, text) => `"${field}"${colon}${exchange(field, text)}`)
    .replaceAll(ANSWERS, (_, start, texts) => {
      const answers = String(texts).replaceAll(TEXT, (text) => exchange("answer", text));
      return `${start}${answers}]`;
    });
}

/** Nothing for what is there to be refused. */
function parsedText(text: string): string | undefined {
  try {
    const parsed = z.string().parse(JSON.parse(text));
    const isOrdinary = parsed.trim() !== "" && parsed.length <= MAX_CHARS && parsed.isWellFormed();
    return isOrdinary ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing for a body that is no text. */
function bodyText(body: unknown): string | undefined {
  if (typeof body === "string") return body;
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** The canaries so far, and what the bank's side knows in the place of each. */
export function readExchanged(file: string) {
  const canaries: Canary[] = [];
  const originals = new Map<string, string>();
  for (const text of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
    const entry = line.parse(JSON.parse(text));
    if ("token" in entry) canaries.push({ name: "access token of ours", text: entry.token });
    else {
      canaries.push({ name: entry.field, text: entry.canary });
      originals.set(entry.canary, entry.original);
    }
  }
  return { canaries, originals };
}
