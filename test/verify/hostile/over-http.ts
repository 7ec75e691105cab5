import type { HostileRequest } from "./hostile-requests.ts";

/** No header may hold these: what does is no HTTP, of which there are tests apart. */
const NOT_IN_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/g;
const NO_NAME = /[^\w-]/g;

/** A request as it goes over the network, without what would make it another one or none. */
export function overHttp({ method, path, query, headers, body }: HostileRequest): Buffer {
  const bytes = Buffer.from(body ?? "", "base64");
  const target = Buffer.from(`${path}${query === "" ? "" : `?${query}`}`.replaceAll(/[\s\0]/g, "%20"));
  const own = Object.entries(headers)
    .filter(([name]) => !/^(host|content-length|connection)$/i.test(name))
    .map(
      ([name, value]) =>
        `${name.replaceAll(NO_NAME, "-")}: ${value.toWellFormed().replaceAll(NOT_IN_A_HEADER, "?")}`,
    );
  const head = ["Host: localhost", "Connection: close", `Content-Length: ${bytes.length}`, ...own, "", ""];
  return Buffer.concat([
    Buffer.from(`${method} `),
    target,
    Buffer.from(` HTTP/1.1\r\n${head.join("\r\n")}`, "latin1"),
    bytes,
  ]);
}
