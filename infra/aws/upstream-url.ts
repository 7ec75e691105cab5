const ON_THIS_MACHINE = ["127.0.0.1", "localhost"];

/** Logins go there: in the clear only on this very machine, for the sandbox and for emulators. */
export function isUpstreamUrl(text: string): boolean {
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== "" || /[\s?#]/.test(text)) return false;
  return protocol === "https:" || ON_THIS_MACHINE.includes(hostname);
}

export function withoutSlashAtTheEnd(url: string): string {
  return url.replace(/\/+$/, "");
}
