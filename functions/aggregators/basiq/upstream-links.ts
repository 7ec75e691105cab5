import { isShort } from "./upstream-text.ts";

/** Elsewhere than at upstream it may lead nowhere: clients follow it with their token. */
const LINK = /^(https?:\/\/[^/]+)?(\/[^/\\\s][^\\\s]*)$/i;

/** A link of upstream's, absolute or not, as a relative one. */
export function linkIn(url: unknown): string | undefined {
  return typeof url === "string" && isShort(url) ? LINK.exec(url)?.[2] : undefined;
}

export function connectionIdIn(url: unknown): string | undefined {
  return typeof url === "string" ? /\/connections\/([\w-]{1,64})$/.exec(url)?.[1] : undefined;
}
