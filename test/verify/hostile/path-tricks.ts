import fc from "fast-check";
import { PASSED_ROUTES } from "../../../functions/pass-through/routes.ts";

const TRICKS = [
  ...["..", ".", "%2e%2e", "%2E.", "..%2f", "%252e", "/", "//", "%2f", "%5c", "\\", "?", "#", ";", ":", "@"],
  ...["\r\n", "%0d%0a", "\0", "%00", "\t", "\u2028", "\ud800", "https:", "https://evil.example", "token"],
];

/** What an attacker may put into a parameter of a path, or into a query. */
export const trick = fc
  .array(fc.oneof(fc.constantFrom(...TRICKS), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

export const passedRoute = fc.constantFrom(...Object.values(PASSED_ROUTES));

/** As the aggregator would read the path, also if it decodes slashes first. */
export function isOfRoute(template: string, url: URL): boolean {
  const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[\\w.:~-]+")}$`);
  const path = decodeURIComponent(url.pathname);
  return pattern.test(path) && !path.split("/").some((segment) => /^\.*$/.test(segment) && segment !== "");
}
