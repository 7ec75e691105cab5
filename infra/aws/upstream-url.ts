const ON_THIS_MACHINE = ["127.0.0.1", "localhost"];

/**
 * Whether the text is a URL to which logins may be sent: `https`, or plain `http` to this machine, for the sandbox and
 * emulators. User name, password, query and fragment are not allowed.
 */
export function isUpstreamUrl(text: string): boolean {
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== "" || /[\s?#]/.test(text)) return false;
  return protocol === "https:" || ON_THIS_MACHINE.includes(hostname);
}

export function withoutSlashAtTheEnd(url: string): string {
  return url.replace(/\/+$/, "");
}
