import type { InstitutionState } from "../institutions/domain/state.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import { type Html, html, type Part } from "./html.ts";
import type { Language, Words } from "./language.ts";
import { roughly } from "./time-words.ts";

const PLACE = /\{(\w+)\}/;

/** Returns a text with its places filled. A place without a value stays as it is. */
export function fill(text: string, values: { readonly [place: string]: string }): string {
  return text
    .split(PLACE)
    .map((piece, index) => (index % 2 === 0 ? piece : (values[piece] ?? `{${piece}}`)))
    .join("");
}

/** As {@link fill}, for places that hold more than text. The text itself is never markup. */
export function filled(text: string, values: { readonly [place: string]: Part }): Html {
  const pieces = text.split(PLACE);
  return html`${pieces.map((piece, index) => (index % 2 === 0 ? piece : (values[piece] ?? `{${piece}}`)))}`;
}

/** A text for each plural of a language that differs (CLDR). */
export type Plurals = { readonly [plural in Intl.LDMLPluralRule]?: string } & { readonly other: string };

export function counted(tag: string, plurals: Plurals, count: number): string {
  return plurals[new Intl.PluralRules(tag).select(count)] ?? plurals.other;
}

/** What a page says to a person whose request was refused: what happened, and what the person can do. */
export interface RefusalWords {
  title: string;
  happened: string;
  next: string;
}

/** Mistakes of programs and defects of ours have the same words. */
export function refusalWords({ words }: Language, reason: RefusalReason | "internal"): RefusalWords {
  const byReason: { readonly [name in RefusalReason | "internal"]?: RefusalWords } = words.refusals;
  return byReason[reason] ?? words.refusals.unknown;
}

/**
 * Returns what we know about the bank of a job that waits for it, in a sentence: since when it is down, or that a login succeeded
 * there after the job began to wait. `undefined` if we know nothing that the person does not know.
 */
export function healthWords(
  { words, tag }: Pick<Language, "words" | "tag">,
  { status, since, succeededAt }: Pick<InstitutionState, "status" | "since" | "succeededAt">,
  { heldAt, msUntil }: { heldAt: string; msUntil(moment: Date): number },
): string | undefined {
  if (status === "down" && since !== undefined) {
    return fill(words.queue.down, { time: roughly(-msUntil(new Date(since)), tag) });
  }
  const worksAgain = status === "up" && succeededAt !== undefined && succeededAt > heldAt;
  return worksAgain ? words.queue.up : undefined;
}

/** Returns what this language calls a step of a job; undefined for a step that only the aggregator knows. */
export function stepWords({ steps }: Words, title: string): string | undefined {
  return Object.entries(steps).find(([known]) => known === title)?.[1];
}
