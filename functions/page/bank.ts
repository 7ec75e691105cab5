import type { Institution } from "../jobs/domain/institution.ts";
import { type LoginField, mandatoryFields, mandatoryFieldsOfUpdate } from "../jobs/domain/login.ts";

/** An institution as people see it. */
export interface Bank extends Institution {
  name: string;
  /** The bank's own names of the fields of its login. */
  captions: { readonly [field in LoginField]?: string };
  /** The bank's page for people who have forgotten their password. */
  forgottenPasswordUrl?: string | undefined;
}

/** The aggregator's banks. They may be a minute old. */
export interface Banks {
  /** Returns the banks to which people log in. Not since version 3.0, where the Consent UI lists them. */
  all(): Promise<Bank[]>;
  find(institutionId: string): Promise<Bank | undefined>;
}

/** Returns the fields of the form for a login. An update needs no login id: the connection knows who logs in. */
export function fieldsOf(bank: Bank, isUpdate: boolean): LoginField[] {
  if (!isUpdate) return mandatoryFields(bank);
  const more = mandatoryFields(bank).filter(
    (field) => field === "securityCode" || field === "secondaryLoginId",
  );
  return [...mandatoryFieldsOfUpdate(bank), ...more];
}

/**
 * Returns the banks whose name contains all words of the search, in any order, without regard to case and accents. Sorts them as a
 * language does.
 */
export function matching(banks: readonly Bank[], search: string, tag: string): Bank[] {
  const words = plain(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  return banks
    .filter(({ name }) => words.every((word) => plain(name).includes(word)))
    .toSorted((one, other) => one.name.localeCompare(other.name, tag));
}

function plain(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase();
}

/** Returns what stands for a bank's logo: the first letters of the first two words of its name. */
export function initialsOf({ name }: Pick<Bank, "name">): string {
  const words = name.split(/[^\p{Letter}\p{Number}]+/u).filter((word) => word !== "");
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? "")
    .join("");
}
