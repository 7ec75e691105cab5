import type { Page } from "playwright-core";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { linkFor } from "../page/visits.ts";
import type { Tab } from "./browser.ts";

/** Opens a link for the user of a backend, and presses its button. */
export async function visit(
  { page }: Pick<Tab, "page">,
  backend: MobileBackend,
  wanted: object = {},
): Promise<void> {
  await page.goto(await linkFor(backend, wanted));
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Fills in the form for a login by its labels, and sends it. */
export async function logIn(page: Page, fields: { readonly [label: string]: string }): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
  await page.getByRole("button", { name: "Log in" }).click();
}

export function jobIdOn(page: Page): string {
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}
