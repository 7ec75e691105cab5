import { MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { newLink, newUser } from "../links/links.ts";
import { Person } from "../support/person.ts";

/** The addresses to which persons of these tests may go back. */
export const RETURN_URL = "hooli-app://banks";
/** For a system whose links may lead back to {@link RETURN_URL}. */
export const SETTINGS = { returnUrls: RETURN_URL, appName: "Hooli <Money>" };

/** The backend of the company that makes a link, and its user. */
export async function newCompany(target: Target): Promise<MobileBackend> {
  return new MobileBackend(target, await newUser(new MobileBackend(target)));
}

/** Makes a link for the user of a backend. A new link ends the one before. */
export async function linkFor(backend: MobileBackend, wanted: object = {}): Promise<string> {
  return (await newLink(backend, backend.userId, wanted)).links.public;
}

/** A person who has opened a link and pressed its button. */
export async function visitor(backend: MobileBackend, wanted: object = {}): Promise<Person> {
  const person = new Person(backend.target.apiUrl);
  await person.open(await linkFor(backend, wanted));
  await person.submit("Continue");
  return person;
}
