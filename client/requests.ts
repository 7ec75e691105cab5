import { ApiError } from "./errors.ts";
import { errorOf, exchange, type HttpReply, type HttpRequest, jsonOf, unexpectedReply } from "./exchange.ts";
import { PATIENCE_OF_A_CALL, type Patience, withRetries } from "./retries.ts";
import { isHeaderText, keptTokens, type Tokens } from "./tokens.ts";
import type { Token } from "./types.ts";

export interface ApiOptions {
  /** The base URL of the API: `https`, or `http` to this machine. With or without a slash at the end. */
  url: string;
  /** On a server: the API key. The client exchanges it for tokens, and sends it with no other request. */
  apiKey?: string;
  /**
   * In an app or a page: a token of one user, which your backend gets with `clientToken`. A function is called before
   * the first request, and again when the API says that the token has expired.
   */
  token?: string | (() => string | Promise<string>);
  /** The version of the API for which the API key is exchanged. Default: `2.1`. */
  version?: "2.0" | "2.1" | "3.0";
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

type Fields = Readonly<Record<string, string | number | undefined>>;

export interface ApiCall {
  method: string;
  path: string;
  query?: Fields | undefined;
  /** Sent as JSON. */
  body?: object | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
  /** A second request does no harm if the first one has arrived. Default: every method but POST, and a POST with a key. */
  isRepeatable?: boolean;
  patience?: Patience;
}

export interface Api {
  /** Sends a request with the token. Throws an `ApiError` for every status but 2xx and 304. */
  call(call: ApiCall): Promise<HttpReply>;
  /** Exchanges the API key for a token of one user. */
  clientToken(userId: string, signal: AbortSignal | undefined): Promise<Token>;
}

/** Throws a `TypeError` if an option is not valid. The error does not repeat the option. */
export function apiAt(options: ApiOptions): Api {
  const url = checkedUrl(options.url);
  const send: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const tokens = tokensOf(options, () => tokenFor({ scope: "SERVER_ACCESS" }));

  async function once(request: HttpRequest): Promise<HttpReply> {
    const reply = await exchange(send, request);
    if (!/^(2..|304)$/.test(String(reply.status))) throw errorOf(reply);
    return reply;
  }

  async function tokenFor(fields: Fields, signal?: AbortSignal): Promise<Token> {
    const headers = {
      authorization: `Basic ${options.apiKey}`,
      "basiq-version": options.version ?? "2.1",
      "content-type": "application/x-www-form-urlencoded",
    };
    const body = formText(fields);
    const reply = await once({ method: "POST", url: `${url}/token`, headers, body, signal });
    const token = jsonOf<Token>(reply);
    if (typeof token?.access_token !== "string") throw unexpectedReply(reply.status);
    return token;
  }

  async function call(call: ApiCall): Promise<HttpReply> {
    const { method, path, query = {}, body, idempotencyKey, signal } = call;
    const { isRepeatable = method.toUpperCase() !== "POST" || idempotencyKey !== undefined } = call;
    // Otherwise, the path could extend the host name of the URL, and another host would get the token.
    if (path[0] !== "/") throw new TypeError("The path must begin with a slash.");
    const queryText = formText(query);
    const address = url + path + (queryText && `?${queryText}`);
    let isSent = false;

    async function sendWith(token: string): Promise<HttpReply> {
      isSent = true;
      const headers = {
        ...call.headers,
        ...(body && { "content-type": "application/json" }),
        ...(idempotencyKey && { "idempotency-key": idempotencyKey }),
        authorization: `Bearer ${token}`,
      };
      return once({ method, url: address, headers, body: body && JSON.stringify(body), signal });
    }

    async function attempt(): Promise<HttpReply> {
      const token = await tokens.current(signal);
      try {
        return await sendWith(token);
      } catch (error) {
        if (!isExpired(error)) throw error;
        tokens.forget(token);
        const next = await tokens.current(signal);
        if (next === token) throw error;
        return sendWith(next);
      }
    }

    const patience = call.patience ?? PATIENCE_OF_A_CALL;
    return withRetries(attempt, { mayRepeat: () => isRepeatable || !isSent, patience, signal });
  }

  return {
    call,
    async clientToken(userId, signal) {
      if (!options.apiKey) throw new TypeError("clientToken needs an apiKey.");
      return withRetries(() => tokenFor({ scope: "CLIENT_ACCESS", userId }, signal), {
        mayRepeat: () => true,
        patience: PATIENCE_OF_A_CALL,
        signal,
      });
    },
  };
}

function tokensOf({ apiKey, token }: ApiOptions, exchangeKey: () => Promise<Token>): Tokens {
  if (!apiKey === !token) {
    throw new TypeError("Give either apiKey or token.");
  }
  if (apiKey && !isHeaderText(apiKey)) {
    throw new TypeError("apiKey must be printable ASCII without blanks.");
  }
  return keptTokens(async () => {
    if (token === undefined) {
      const { access_token, expires_in } = await exchangeKey();
      return { token: access_token, validMs: expires_in * 1000 };
    }
    const given = typeof token === "function" ? await token() : token;
    return { token: given, validMs: Infinity };
  });
}

/** The API replies 401 to a token that it does not know any more, and 403 `access-denied` to one that has expired. */
function isExpired(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, code } = error;
  return status === 401 ? code !== "unauthorized-access" : status === 403 && code === "access-denied";
}

/** `https` with any host, or `http` with a loopback address; no user name, query or fragment. */
const URL_FORM = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/i;

function checkedUrl(url: string): string {
  if (!URL_FORM.test(url)) {
    throw new TypeError("url must be https, or http to localhost, without user name, query and fragment.");
  }
  return url.replace(/\/+$/, "");
}

/** React Native has no complete `URLSearchParams`. */
function formText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map((pair) => pair.map((text) => encodeURIComponent(text ?? "")).join("="))
    .join("&");
}

/** Makes a path of a template, and encodes each value. Throws a `TypeError` for a value that would lead to another route. */
export function path(texts: TemplateStringsArray, ...ids: string[]): string {
  return texts.reduce((before, text, index) => {
    const id = ids[index - 1] ?? "";
    if (/^\.{0,2}$/.test(id)) throw new TypeError("An id must not be empty.");
    return before + encodeURIComponent(id) + text;
  });
}
