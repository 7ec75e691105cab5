import * as z from "zod/mini";
import type { TokenReply } from "../http/reply-schemas.ts";
import { type HttpRequest, mediaTypeOf } from "../http/request.ts";
import { userIdSchema } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { Secret } from "../jobs/domain/secret.ts";
import { API_VERSIONS, type ApiVersion, SCOPES, type Scope } from "./caller.ts";

const versionSchema = z.enum(API_VERSIONS);
const scopeSchema = z.enum(SCOPES);

/** `Basic ` is followed by the API key exactly as we issued it, without further encoding. */
const BASIC = /^basic +(\S+)$/i;

export interface TokenRequest {
  apiKey: Secret | undefined;
  version: ApiVersion;
  scope: Scope;
  userId: string | undefined;
}

interface TokenFields {
  scope?: unknown;
  userId?: unknown;
}

/**
 * Returns the fields of a token request: of a form, or of a JSON object. An empty body of any type has no fields: public
 * clients send one. Throws a `Refusal` for any other type: if we ignored the scope in its body, we would issue a token
 * for everything.
 */
export function tokenFields(request: HttpRequest): TokenFields {
  if (request.text().trim() === "") return {};
  switch (mediaTypeOf(request)) {
    case "":
    case "application/x-www-form-urlencoded":
      return formFields(new URLSearchParams(request.text()));
    case "application/json":
      return request.jsonObject();
    default:
      throw new Refusal("content-type-not-form");
  }
}

function formFields(form: URLSearchParams): TokenFields {
  return { scope: form.get("scope"), userId: form.get("userId") };
}

/** Public clients send `null` and an empty text for a missing field. */
function given(field: unknown): unknown {
  return field === null || field === "" ? undefined : field;
}

/**
 * Parses a token request. Without a scope, the scope is `SERVER_ACCESS`. Throws a `Refusal` for an invalid
 * version, scope or user id.
 */
export function parseTokenRequest(input: {
  authorization: string | undefined;
  version: string | undefined;
  fields: TokenFields;
}): TokenRequest {
  const version = z.safeParse(versionSchema, input.version);
  if (!version.success) throw new Refusal({ reason: "version-not-valid", field: "basiq-version" });
  const scope = z.safeParse(scopeSchema, given(input.fields.scope) ?? "SERVER_ACCESS");
  if (!scope.success) throw new Refusal({ reason: "field-not-valid", field: "scope" });
  const userId = z.safeParse(z.optional(userIdSchema), given(input.fields.userId));
  if (!userId.success) throw new Refusal({ reason: "field-not-valid", field: "userId" });
  const key = BASIC.exec(input.authorization ?? "")?.[1];
  return {
    apiKey: key === undefined ? undefined : new Secret(key),
    version: version.data,
    scope: scope.data,
    userId: userId.data,
  };
}

/** Renders the reply that gives the token to the client. */
export function renderToken(token: { accessToken: Secret; expiresInSeconds: number }): TokenReply {
  return {
    access_token: token.accessToken.reveal(),
    token_type: "Bearer",
    expires_in: token.expiresInSeconds,
  };
}
