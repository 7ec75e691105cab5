import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import * as z from "zod";

/** The pictures of screens, in both colour schemes, on a small telephone and on a wide screen. Git ignores them. */
const SCREENS = fileURLToPath(new URL("screens/", import.meta.url));
const WIDTHS = [320, 1280];
const HEIGHT = 568;
/** Nobody looks at the pictures of `.ci/run`, which has this setting. */
const HAS_PICTURES = process.env["BROWSER_TESTS"] !== "required";
const SCHEMES = ["light", "dark"] as const;

const found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/** What axe finds on the page as it is. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = found.parse(await page.evaluate("axe.run()"));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}

/** Looks at the screen with the eyes of axe, and takes its pictures. */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      if (HAS_PICTURES)
        await page.screenshot({ path: `${SCREENS}${name}-${width}-${colorScheme}.png`, fullPage: true });
      const widest: unknown = await page.evaluate("document.documentElement.scrollWidth");
      expect([name, widest]).toEqual([name, width]);
    }
    expect([name, colorScheme, await barriers(page)]).toEqual([name, colorScheme, []]);
  }
}
