import type { Call } from "./call.ts";

export type Part = { readonly content: string; readonly fileName: string | undefined };

/** Returns the parts of a multipart form by their names; undefined if the body is no such form. */
export function readParts({ headers, body }: Call): ReadonlyMap<string, Part> | undefined {
  const boundary = boundaryIn(headers.get("content-type") ?? "");
  if (boundary === undefined || body === null) return undefined;
  const [start, ...rest] = `\r\n${body}`.split(`\r\n--${boundary}`);
  const end = rest.pop();
  if (start !== "" || end === undefined || !/^--(?:\r\n|$)/.test(end)) return undefined;
  const parts = rest.map(readPart);
  return new Map(parts.flatMap((part) => (part === undefined ? [] : [part])));
}

function boundaryIn(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

function readPart(text: string): [string, Part] | undefined {
  const end = text.indexOf("\r\n\r\n");
  const disposition = /\r\ncontent-disposition:\s*form-data\b([^\r]*)/i.exec(text.slice(0, end))?.[1] ?? "";
  const name = /;\s*name="([^"]*)"/.exec(disposition)?.[1];
  if (end < 0 || name === undefined) return undefined;
  const fileName = /;\s*filename="([^"]*)"/.exec(disposition)?.[1];
  return [name, { content: text.slice(end + 4), fileName }];
}
