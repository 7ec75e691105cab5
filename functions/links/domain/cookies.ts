import { Secret } from "../../jobs/domain/secret.ts";
import { SESSION_MINUTES, type SessionKey, sessionCookieValue } from "./session.ts";

/**
 * The cookies of a person's browser. `link-browser` recognises the browser that has opened a link. `link-session` also names the link
 * whose button the person pressed last.
 */
const COOKIE_NAMES = { browser: "link-browser", session: "link-session" } as const;

interface CookieReader {
  cookie(name: string): string | undefined;
}

/** In seconds. A person may open a link and press its button hours later. */
const BROWSER_MAX_AGE = 24 * 3600;

const BROWSER = /^[\w-]{43}$/;

/** Returns the random text of a browser, or `undefined` if it has none yet. */
export function browserCookie(request: CookieReader, apiUrl: string): Secret | undefined {
  const value = request.cookie(nameOf("browser", apiUrl));
  return value !== undefined && BROWSER.test(value) ? new Secret(value) : undefined;
}

const BROWSER_BYTES = 32;

/** Returns a new random text, with which a browser is recognised. */
export function newBrowser({ newRandom }: { newRandom(bytes: number): Secret }): Secret {
  return newRandom(BROWSER_BYTES);
}

/** Returns the value of the session's cookie, for `requireSession`. */
export function sessionCookie(request: CookieReader, apiUrl: string): string | undefined {
  return request.cookie(nameOf("session", apiUrl));
}

/** Returns the header `Set-Cookie` with which a browser is recognised. */
export function setBrowserCookie(browser: Secret, apiUrl: string): string {
  return setCookie("browser", browser, BROWSER_MAX_AGE, apiUrl);
}

export function setSessionCookie(key: SessionKey, apiUrl: string): string {
  return setCookie("session", sessionCookieValue(key), SESSION_MINUTES * 60, apiUrl);
}

/** Neither a script nor another site reads the cookie. With `Lax`, browsers also send it on the way back from the Consent UI. */
function setCookie(name: keyof typeof COOKIE_NAMES, value: Secret, maxAge: number, apiUrl: string): string {
  const attributes = ["Path=/", `Max-Age=${maxAge}`, "HttpOnly", "SameSite=Lax"];
  if (isSecure(apiUrl)) attributes.push("Secure");
  return [`${nameOf(name, apiUrl)}=${value.reveal()}`, ...attributes].join("; ");
}

/** Browsers accept a cookie with this prefix from the host itself only. Safari accepts none without https. */
function nameOf(name: keyof typeof COOKIE_NAMES, apiUrl: string): string {
  return isSecure(apiUrl) ? `__Host-${COOKIE_NAMES[name]}` : COOKIE_NAMES[name];
}

function isSecure(apiUrl: string): boolean {
  return apiUrl.startsWith("https:");
}
