import { expect } from "vitest";
import { Person } from "../support/person.ts";
import type { ShownPage } from "../support/shown-page.ts";

/** A browser of a person that follows no redirect. Each page of ours, also one that refuses, has to be as all of them. */
export function newBrowser(apiUrl: string): Person {
  return new Person(apiUrl, { follows: false, check: expectAsAll });
}

function expectAsAll({ headers, html }: ShownPage): void {
  for (const cookie of headers.getSetCookie())
    expect(cookie.split("; ")).toEqual(expect.arrayContaining(["Path=/", "HttpOnly", "SameSite=Lax"]));
  if (!headers.get("content-type")?.startsWith("text/html")) return;
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|javascript:/i);
}
