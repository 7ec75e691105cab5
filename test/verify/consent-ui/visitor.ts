import { expect } from "vitest";
import * as z from "zod";
import { openSandbox } from "../../sandbox/open-sandbox.ts";
import { Person } from "../support/person.ts";

export const RETURN_URL = "http://127.0.0.1:9/back";
export const USER = "user-1";

const consentList = z.object({
  data: z.array(z.object({ id: z.string(), status: z.string(), expiryDate: z.string() })),
});

/** Opens a sandbox whose Consent UI sends browsers back to {@link RETURN_URL}. */
export async function openConsentUi(options: Parameters<typeof openSandbox>[0] = {}) {
  const bank = await openSandbox({ consentReturnUrl: RETURN_URL, ...options });
  const visit = async (parameters: Readonly<Record<string, string>> = {}, userId = USER) => {
    const token = await bank.newToken({ scope: "CLIENT_ACCESS", userId }, "3.0");
    const person = new Person(bank.url);
    await person.open(`/home?${new URLSearchParams({ token, ...parameters })}`);
    return person;
  };
  /** Visits, and gives the consent. */
  const agreed = async (...how: Parameters<typeof visit>) => {
    const person = await visit(...how);
    await person.submit("I agree");
    return person;
  };
  const consents = async (userId = USER) => {
    const token = await bank.newToken({}, "3.0");
    const { status, text } = await bank.send("GET", `/users/${userId}/consents`, { token });
    return status === 404 ? [] : consentList.parse(JSON.parse(text)).data;
  };
  return { ...bank, visit, agreed, consents };
}

export type ConsentUi = Awaited<ReturnType<typeof openConsentUi>>;

/** Returns what a person takes back to the application. */
export function takenBack(person: Person, link: string): Record<string, string> {
  const url = person.link(link);
  expect(url.startsWith(RETURN_URL)).toBe(true);
  return Object.fromEntries(new URL(url).searchParams);
}

/** Lets a person who sees the banks connect one without a challenge, and returns the job's id. */
export async function connectHooli(bank: Pick<ConsentUi, "pass">, person: Person): Promise<string> {
  await person.press("Hooli Bank");
  await person.submit("Continue", { Login: "gavinBelson", Password: "hooli2016" });
  bank.pass(2_000);
  await person.reload();
  expect(person.page.heading).toBe("Hooli Bank is connected");
  return takenBack(person, "Finish")["jobId"] ?? "";
}
