export interface Started {
  apiUrl: string;
  /** Undefined if local mode uses another aggregator than the sandbox. */
  sandboxUrl: string | undefined;
  apiKey: string;
}

/** Returns the text that `npm start` prints as soon as it is ready. */
export function greeting({ apiUrl, sandboxUrl, apiKey }: Started): string {
  const lines = [
    `API:      ${apiUrl}`,
    ...(sandboxUrl === undefined ? [] : [`Sandbox:  ${sandboxUrl}`]),
    `API key:  ${apiKey}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** Returns commands to try out the API. They work as printed in any POSIX shell with curl. */
export function walkThrough({ apiUrl, apiKey }: Started): string {
  const lines = [
    "To do it by hand, paste these three commands into another terminal.",
    "",
    "1. Trade the API key for a token:",
    "",
    `TOKEN=$(curl -s ${apiUrl}/token -H 'Authorization: Basic ${apiKey}' -H 'basiq-version: 3.0' -d scope=SERVER_ACCESS | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    "",
    "2. Connect a bank that asks for a one-time code:",
    "",
    `JOB=$(curl -s ${apiUrl}/users/ea3a81/connections -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"loginId":"jared","password":"django","institution":{"id":"AU00002"}}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`,
    "",
    "3. Answer as soon as it asks (curl tries until then), and look at the job:",
    "",
    `curl -s -f --retry 20 --retry-delay 1 --retry-all-errors ${apiUrl}/jobs/$JOB/mfa -H "Authorization: Bearer $TOKEN" -d '{"mfa-response":["1234"]}' --next -s ${apiUrl}/jobs/$JOB -H "Authorization: Bearer $TOKEN"`,
    "",
    "Ctrl-C stops it.",
  ];
  return `${lines.join("\n")}\n`;
}
