/** What a person may be sent to do, as published. The first consent has no name. */
export const LINK_ACTIONS = ["connect", "manage", "extend", "update", "reauthorise"] as const;

/** `null`: the first consent. */
export type LinkAction = (typeof LINK_ACTIONS)[number] | null;

/** A link for a person, as it is stored. It holds hashes of the link's id and of a cookie, and neither itself. */
export interface Link {
  /** The hash of the link's id. */
  hash: string;
  userId: string;
  action: LinkAction;
  institutionId?: string | undefined;
  connectionId?: string | undefined;
  returnUrl?: string | undefined;
  /** A text of the company's application, which gets it back unchanged. */
  state?: string | undefined;
  /** The last digits of the mobile, for the page. Empty if there is none. */
  mobileEnd: string;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. Until then, the button of the link can be pressed for the first time. */
  validUntil: string;
  /** Absent until a person has pressed the button. */
  use?: LinkUse | undefined;
  /** The jobs of the session, the first one first. */
  jobIds: readonly string[];
  /** The ways back from the Consent UI. */
  returns: readonly LinkReturn[];
  /** Counts the writes from 1. */
  version: number;
}

/** A link serves the browser that pressed its button, and no other. */
export interface LinkUse {
  /** The hash of the browser's cookie. */
  browserHash: string;
  /** ISO 8601. The end of the session. */
  sessionUntil: string;
}

/** A way back from the Consent UI. Its state is used up; it shows the same jobs again. */
export interface LinkReturn {
  nonce: string;
  jobIds: readonly string[];
  /** The person came back without a job. */
  isCancelled: boolean;
}

/** What is left of a link that was replaced or deleted. */
export interface EndedLink {
  hash: string;
  /** ISO 8601. */
  endedAt: string;
}

export function hasEnded(link: Link | EndedLink): link is EndedLink {
  return "endedAt" in link;
}

const APP_NAME = /^[^\p{C}]{1,60}$/u;

export function isAppName(text: string): boolean {
  return APP_NAME.test(text) && text.trim() === text;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_LINK_MINUTES = 30;
export const MAX_LINK_MINUTES = 7 * 24 * 60;

/** For this long after its end, a link says that it is over. Later, it counts as unknown. */
const REMEMBERED_MS = 7 * DAY_MS;

/** Returns when the row of a link may be deleted. */
export function linkStoredUntil({ validUntil, use }: Pick<Link, "validUntil" | "use">): Date {
  const ends = [validUntil, use?.sessionUntil ?? validUntil];
  return rememberedSince(Math.max(...ends.map((end) => Date.parse(end))));
}

export function endStoredUntil({ endedAt }: EndedLink): Date {
  return rememberedSince(Date.parse(endedAt));
}

function rememberedSince(endMs: number): Date {
  return new Date(endMs + REMEMBERED_MS);
}

/** The end of a shorter number would be most of the number. */
const MIN_DIGITS = 6;

/** Returns the last three digits of a mobile; an empty text if it has too few. */
export function mobileEndOf(mobile: string): string {
  const digits = mobile.replaceAll(/\D/g, "");
  return digits.length < MIN_DIGITS ? "" : digits.slice(-3);
}
