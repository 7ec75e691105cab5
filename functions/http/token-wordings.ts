import { NOT_VALID, type Wordings } from "./error-wordings.ts";

/** For those who ask for a token. */
export const TOKEN_WORDINGS = {
  "content-type-not-form": [
    415,
    "unsupported-content-type",
    "Unsupported content type",
    "Content type must be application/x-www-form-urlencoded.",
  ],
  "version-not-valid": [...NOT_VALID, "Basiq-version must be specified in HTTP request header"],
  "api-key-not-valid": [
    404,
    "parameter-not-valid",
    "We have encountered an error",
    "Unable to authenticate. Please, check your API key",
  ],
} satisfies Wordings;
