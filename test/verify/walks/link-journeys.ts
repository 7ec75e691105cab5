import { expect } from "vitest";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { newBrowser } from "../links/browser.ts";
import { newLink } from "../links/links.ts";
import { journey, type PermissionJourney } from "./permission-journeys.ts";

/** Journeys of links. */
export const LINK_JOURNEYS: readonly PermissionJourney[] = [
  journey("a link is made, replaced, used and deleted", async (system, backend) => {
    const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
    await system.over(backend, jobId);
    await newLink(backend, backend.userId);
    const { links } = await newLink(backend, backend.userId);
    const path = `/users/${backend.userId}/auth_link`;
    expect((await backend.call("GET", path)).status).toBe(200);
    const browser = newBrowser(backend.target.apiUrl);
    expect((await browser.use(links.public)).status).toBe(303);
    expect((await browser.open("/consent/return?state=none")).status).toBe(400);
    expect((await backend.call("DELETE", path)).status).toBe(204);
    return [jobId];
  }),
];
