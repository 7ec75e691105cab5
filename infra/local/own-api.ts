import * as z from "zod";

/** Where our own HTTP API is, and with which API key the caller signs in. */
export interface ApiAccess {
  apiUrl: string;
  apiKey: string;
}

/** Calls our own HTTP API as a backend does, with a token of the scope `SERVER_ACCESS`. */
export interface OwnApi {
  /**
   * Makes a call and parses its reply. A reply without a body is `undefined`.
   *
   * @throws RefusedCall
   */
  call<Reply>(method: string, path: string, schema: z.ZodType<Reply>, body?: object): Promise<Reply>;
}

/** The API refused a call. The message is one line, in the words of the API. */
export class RefusedCall extends Error {
  override readonly name = "RefusedCall";
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, { code, detail }: { code?: string | undefined; detail?: string | undefined }) {
    super(detail === undefined ? `the API replied ${status}.` : detail);
    this.status = status;
    this.code = code;
  }
}

const tokenReply = z.object({ access_token: z.string() });
const refusal = z.object({
  data: z.tuple([z.object({ code: z.string(), detail: z.string().optional() })], z.unknown()),
});

/**
 * Gets a token, which is valid for an hour.
 *
 * @throws RefusedCall if the API does not accept the API key.
 */
export async function signIn({ apiUrl, apiKey }: ApiAccess): Promise<OwnApi> {
  const { access_token } = await exchange(`${apiUrl}/token`, tokenReply, {
    method: "POST",
    headers: { authorization: `Basic ${apiKey}`, "basiq-version": "3.0" },
    body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
  });
  const authorization = `Bearer ${access_token}`;
  return {
    call: (method, path, schema, body) =>
      exchange(apiUrl + path, schema, {
        method,
        headers: { authorization, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  };
}

async function exchange<Reply>(url: string, schema: z.ZodType<Reply>, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.ok) return schema.parse(text === "" ? undefined : JSON.parse(text));
  throw new RefusedCall(response.status, refusalIn(text));
}

/** A gateway in front of the API may refuse a call in a format of its own. */
function refusalIn(text: string): { code?: string; detail?: string | undefined } {
  try {
    return refusal.parse(JSON.parse(text)).data[0];
  } catch {
    return {};
  }
}
