import { ashMann, jared, tokenUser, wentworthSmith, whistler } from "./households.ts";
import { homeAddress } from "./places.ts";
import { gavinBelson, gilfoyle, laurieBream, richard } from "./professionals.ts";
import type { Profile } from "./profile.ts";
import { digitsFrom } from "./random.ts";

const profiles: ReadonlyMap<string, Profile> = new Map([
  ["Wentworth-Smith", wentworthSmith],
  ["Whistler", whistler],
  ["Gilfoyle", gilfoyle],
  ["gavinBelson", gavinBelson],
  ["jared", jared],
  ["richard", richard],
  ["laurieBream", laurieBream],
  ["ashMann", ashMann],
  ["token-user", tokenUser],
]);

/** Returns what a test user has at its banks. Undefined for a user whose logins always fail. */
export function profileOf(testUser: string | null): Profile | undefined {
  return profiles.get(testUser ?? "");
}

/** Endings of Australian telephone numbers that are reserved for fiction. */
const phoneEnds = ["006", "110", "156", "157", "158", "159", "313", "491", "737"] as const;

/** Returns the name, the contacts and the address that a bank has of its customer. */
export function personOf({ fullName, home }: Profile) {
  const [firstName = "", ...rest] = fullName.split(" ");
  const lastName = rest.join(" ");
  const number = Number(digitsFrom(fullName, 2));
  return {
    fullName,
    firstName,
    lastName,
    middleName: "",
    phoneNumbers: [`0491 570 ${phoneEnds[number % phoneEnds.length]}`],
    emailAddresses: [`${firstName}.${lastName}@example.com`.toLowerCase()],
    physicalAddresses: [homeAddress(home, String(number + 1))],
  };
}
