const MAX_CHARS = 2048;

/** Other programs read these characters of an address in another way than we do, or not at all. Commas separate the addresses of a list. */
const AMBIGUOUS = /[\s\\,\p{C}]/u;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** An address with such a scheme does not open an application: it runs a script, or shows any file or text. */
const REFUSED_SCHEMES = ["javascript", "vbscript", "data", "file", "filesystem", "blob", "about"];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns whether a person may be sent to an address: https, a scheme of an app, or http on this machine for development. The
 * addresses are a setting. A request only chooses one of them.
 */
export function isReturnUrl(text: string): boolean {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const url = scheme === undefined || AMBIGUOUS.test(text) ? null : URL.parse(text);
  if (scheme === undefined || url === null || text.length > MAX_CHARS) return false;
  if (REFUSED_SCHEMES.includes(scheme) || url.username + url.password !== "") return false;
  if (scheme !== "http") return true;
  return LOOPBACK.test(url.hostname);
}

/** Returns whether a browser goes to an address by itself. It opens an app only when its person follows a link. */
export function isOfBrowser(address: string): boolean {
  return /^https?:/i.test(address);
}
