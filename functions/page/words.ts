import type { InstitutionState } from "../institutions/domain/state.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import { roughly } from "./time-words.ts";

/** What a page says to a person whose request was refused. */
export interface PersonWords {
  title: string;
  happened: string;
  /** What the person can do. */
  next: string;
}

const BACK_TO_THE_APP = "Go back to the app, and start again from there.";

const WORDS: { readonly [reason in RefusalReason | "internal"]?: PersonWords } = {
  "origin-not-ours": {
    title: "This form did not come from our page",
    happened: "Your browser sent a form that does not belong to this page. We did not use it.",
    next: BACK_TO_THE_APP,
  },
  "link-not-found": {
    title: "We do not know this link",
    happened: "The address is not complete, or the link is old.",
    next: "Open the link again as you got it, or go back to the app for a new one.",
  },
  "link-over": {
    title: "This link is over",
    happened: "Links work for a short time only, and a newer link replaces an older one.",
    next: "Go back to the app, and ask for a new link.",
  },
  "link-used": {
    title: "This link was opened in another browser",
    happened: "A link works once, in the browser where its button was pressed first.",
    next: "Go on in that browser, or go back to the app and ask for a new link.",
  },
  "cookie-missing": {
    title: "Your browser did not send our cookie",
    happened: "We need a cookie to know that it is you who opened the link. The link still works.",
    next: "Allow cookies for this page, and open the link again.",
  },
  "session-not-valid": {
    title: "Please start again from the app",
    happened: "This browser has not opened a link within the last hour.",
    next: BACK_TO_THE_APP,
  },
  "state-not-valid": {
    title: "We cannot show this page",
    happened: "The address of this page is not complete, or it belongs to another visit.",
    next: BACK_TO_THE_APP,
  },
  "service-unavailable": {
    title: "Please try again",
    happened: "We could not do this right now. Nothing is lost.",
    next: "Wait a minute, and load this page again.",
  },
  "job-not-found": {
    title: "There is no such page",
    happened: "The address is wrong, or this page belongs to somebody else.",
    next: BACK_TO_THE_APP,
  },
  "connection-not-found": {
    title: "This connection is gone",
    happened: "The bank of this link is not connected any more.",
    next: BACK_TO_THE_APP,
  },
  "unknown-institution": {
    title: "We do not know this bank",
    happened: "The bank of this link cannot be connected any more.",
    next: BACK_TO_THE_APP,
  },
  "connects-in-consent-ui": {
    title: "You cannot log in here",
    happened: "You connect banks on another page.",
    next: BACK_TO_THE_APP,
  },
  "answers-not-valid": {
    title: "We could not use your answer",
    happened: "The answer was too long, or it was for another question.",
    next: "Go back, and answer again.",
  },
  "rate-exceeded": {
    title: "Too many tries",
    happened: "There were too many requests in a short time.",
    next: "Wait a few minutes, and try again.",
  },
};

/**
 * Returns what we know about the bank of a job that waits for it, in a sentence: since when it is down, or that a login succeeded
 * there after the job began to wait. `undefined` if we know nothing that the person does not know.
 */
export function healthWords(
  { status, since, succeededAt }: Pick<InstitutionState, "status" | "since" | "succeededAt">,
  { heldAt, msUntil }: { heldAt: string; msUntil(moment: Date): number },
): string | undefined {
  if (status === "down" && since !== undefined) {
    return `It has been down for about ${roughly(-msUntil(new Date(since)))}.`;
  }
  const worksAgain = status === "up" && succeededAt !== undefined && succeededAt > heldAt;
  return worksAgain ? "Logins there succeed again: a try now may work." : undefined;
}

/** For reasons that are mistakes of programs, and for defects of ours. */
const OTHER: PersonWords = {
  title: "Something went wrong",
  happened: "We could not do this.",
  next: BACK_TO_THE_APP,
};

/** Returns the words for a reason: what happened, and what to do. */
export function personWords(reason: RefusalReason | "internal"): PersonWords {
  return WORDS[reason] ?? OTHER;
}
