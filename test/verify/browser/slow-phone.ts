import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { linkFor } from "../page/visits.ts";
import { logIn } from "./page-visit.ts";
import { replyWith } from "./sandbox-replies.ts";

/* The page on a slow telephone, through a slow network. A test looks at what it loads, and the benchmark at how long that takes. */

const CPU_THROTTLING = 4;
const LATENCY_MS = 400;
const BYTES_A_SECOND = 400_000 / 8;

/** A screen that a browser has loaded. */
export interface LoadedScreen {
  name: string;
  /** Up to the first request for changes of the job, which may wait for long. */
  requests: string[];
  /** What came over the wire, with headers, without the reply to that last request. */
  bytes: number;
  /** From the press of a button or a link until the page was shown and could be used. */
  usableMs: number;
}

type Loading = Pick<LoadedScreen, "requests" | "bytes">;

/** Slows the browser down. Returns what notes how it loads a page. */
async function slowDown(page: Page) {
  const session = await page.context().newCDPSession(page);
  let loading: Loading & { isOver: boolean } = { requests: [], bytes: 0, isOver: true };
  const open = new Map<string, Loading>();
  session.on("Network.requestWillBeSent", ({ requestId, request, redirectResponse }) => {
    loading.bytes += redirectResponse?.encodedDataLength ?? 0;
    const { pathname, protocol } = new URL(request.url);
    if (loading.isOver || protocol === "data:") return;
    loading.requests.push(`${request.method} ${pathname}`);
    loading.isOver = pathname.endsWith("/changes");
    if (!loading.isOver) open.set(requestId, loading);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const of = open.get(requestId);
    if (of !== undefined) of.bytes += encodedDataLength;
    open.delete(requestId);
  });
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: LATENCY_MS,
    downloadThroughput: BYTES_A_SECOND,
    uploadThroughput: BYTES_A_SECOND,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_THROTTLING });
  return async (load: () => Promise<unknown>): Promise<Loading> => {
    const current = { requests: [], bytes: 0, isOver: false };
    loading = current;
    await load();
    while (open.size > 0) await sleep(10);
    current.isOver = true;
    const { requests, bytes } = current;
    return { requests, bytes };
  };
}

/** Since the browser left the page before. */
const USABLE_MS = `new Promise((resolve) => {
  const look = () => {
    const [{ domContentLoadedEventEnd, loadEventEnd }] = performance.getEntriesByType("navigation");
    const painted = performance.getEntriesByName("first-contentful-paint")[0];
    if (loadEventEnd > 0 && painted !== undefined) resolve(Math.max(domContentLoadedEventEnd, painted.startTime));
    else setTimeout(look, 10);
  };
  look();
})`;

/** As many as a country has, with long names. */
const BANKS = Array.from({ length: 150 }, (_, index) => ({
  type: "institution",
  id: `AU9${String(index).padStart(4, "0")}`,
  name: `Community Credit Union of Aviato and the Valley, number ${index}`,
  shortName: `Community ${index}`,
  authorization: "user",
  status: index % 5 === 0 ? "major-outage" : "operational",
}));

/** Walks through the page as a person does. Looks at each screen as the browser loads it. */
export async function walkOnSlowPhone(page: Page, backend: MobileBackend): Promise<LoadedScreen[]> {
  const screens: LoadedScreen[] = [];
  const noted = await slowDown(page);
  const screen = async (name: string, heading: RegExp, act: () => Promise<unknown>) => {
    let usableMs = Number.NaN;
    const loaded = await noted(async () => {
      await act();
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      usableMs = Number(await page.evaluate(USABLE_MS));
    });
    screens.push({ name, ...loaded, usableMs });
  };
  const press = (button: string) => () => page.getByRole("button", { name: button, exact: true }).click();

  await backend.faults([replyWith("/institutions", { type: "list", data: BANKS })]);
  const link = await linkFor(backend);
  await screen("the link", /^Connect your bank$/, () => page.goto(link));
  await screen("the banks", /^Choose your bank$/, press("Continue"));
  await page.getByLabel("Name of your bank").fill("community");
  await screen("a search", /^Choose your bank$/, press("Search"));

  await backend.faults(BANK_OUT_OF_SIGHT);
  const toOneBank = await linkFor(backend, { institutionId: PIED_PIPER });
  await page.goto(toOneBank);
  await screen("the login", /^Log in to Pied Piper Bank$/, press("Continue"));
  await screen("the job", /^Connecting Pied Piper Bank$/, () =>
    logIn(page, { Login: "jared", Password: "django" }),
  );
  await backend.faults([]);
  await page.getByRole("heading", { level: 1, name: "Enter the code from Pied Piper Bank" }).waitFor();
  await screen("the question", /^Enter the code from Pied Piper Bank$/, () => page.reload());
  await page.getByLabel("OTP Password").fill("1234");
  await screen("the answer", /checks your answer$|is connected$/, press("Send the answer"));
  await page.getByRole("heading", { level: 1, name: /is connected$/ }).waitFor();
  await screen("the end", /^Pied Piper Bank is connected$/, () => page.reload());
  return screens;
}
