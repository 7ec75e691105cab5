import { chromium } from "playwright-core";
import { findChromium } from "../browser/find-chromium.ts";
import { type LoadedScreen, walkOnSlowPhone } from "../browser/slow-phone.ts";
import { newCompany } from "../page/visits.ts";
import { startLocalMode } from "./system.ts";

/*
 * Measures how long the screens of the page take on a slow telephone, and prints that as JSON: an empty list without Chromium. A
 * program of its own, since local mode starts once per process.
 */

const WALKS = 5;

async function measured(executablePath: string): Promise<LoadedScreen[]> {
  process.env["LOG_LEVEL"] = "error";
  const { local, target } = await startLocalMode({ timeScale: 1 });
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  const screens: LoadedScreen[] = [];
  for (let walk = 0; walk < WALKS; walk++) {
    const context = await browser.newContext();
    screens.push(...(await walkOnSlowPhone(await context.newPage(), await newCompany(target))));
    await context.close();
  }
  await browser.close();
  await local.close();
  return screens;
}

const chromiumPath = findChromium();
process.stdout.write(JSON.stringify(chromiumPath === undefined ? [] : await measured(chromiumPath)));
