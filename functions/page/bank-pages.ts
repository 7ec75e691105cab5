import { isAvailable } from "../jobs/domain/institution.ts";
import type { LoginField } from "../jobs/domain/login.ts";
import { type Bank, fieldsOf, initialsOf, matching } from "./bank.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./language.ts";
import type { Screen } from "./layout.ts";
import { pathOfLogin } from "./paths.ts";
import { roughly } from "./time-words.ts";
import { counted, fill } from "./words.ts";

/** A keyboard should not have to pass more of them, and the page should stay small. The search finds the others. */
const MOST_BANKS = 30;

interface BanksView {
  banks: readonly Bank[];
  search: string;
  /** Where the person goes who wants none of them. */
  back: string | undefined;
}

/** The page on which a person chooses a bank. */
export function banksPage({ banks, search, back }: BanksView): Screen {
  return (language) => {
    const { title, search: label, searchButton, down } = language.words.banks;
    const found = matching(banks, search, language.tag);
    const shown = found.slice(0, MOST_BANKS);
    const body = html`<h1>${title}</h1>
<form class="search" method="get" action="/connect" role="search">
<label for="q">${label}</label>
<input id="q" name="q" type="search" value="${search}" autocomplete="off" spellcheck="false" maxlength="100">
<button>${searchButton}</button>
</form>
<p role="status">${countOf(language, found.length, shown.length, search)}</p>
<ul class="banks">
${shown.map(
  (bank) => html`<li><a href="${pathOfLogin(bank.id)}">
<span class="initials" aria-hidden="true">${initialsOf(bank)}</span>
<span>${bank.name}${!isAvailable(bank) && html` <span class="note">${down}</span>`}</span></a></li>
`,
)}</ul>
${leave(language, back)}`;
    return { title, body };
  };
}

function countOf({ tag, words }: Language, found: number, shown: number, search: string): string {
  const { none, noneFound, first, found: counts } = words.banks;
  if (found === 0) return search.trim() === "" ? none : noneFound;
  const { format } = new Intl.NumberFormat(tag);
  if (shown < found) return fill(first, { shown: format(shown), found: format(found) });
  return fill(counted(tag, counts, found), { found: format(found) });
}

function leave({ words }: Language, back: string | undefined): Html | false {
  return back !== undefined && html`<p><a class="button quiet" href="${back}">${words.back}</a></p>`;
}

/** What is wrong with a field of the form for a login. */
export type FieldProblems = { readonly [field in LoginField]?: "missing" };

export interface LoginView {
  bank: Bank;
  /** Whether the login replaces that of a connection. */
  isUpdate: boolean;
  /** Whether the person may choose another bank. */
  isChosen: boolean;
  /** What the person has typed before, without secrets. */
  typed: { readonly [field in LoginField]?: string };
  problems: FieldProblems;
  /** Whether the login as a whole is longer than any bank's. */
  isTooLong?: true;
  back: string | undefined;
}

/** The page with the form for a login. */
export function loginPage(view: LoginView): Screen {
  return (language) => {
    const { bank, isUpdate, isChosen } = view;
    const { words, app } = language;
    const heading = fill(isUpdate ? words.login.newTitle : words.login.title, { bank: bank.name });
    const fields = fieldsOf(bank, isUpdate);
    const summary = summaryOf(view, fields, language);
    const body = html`<h1>${heading}</h1>
${summary}
<p>${fill(words.login.purpose, { app })}</p>
${!isAvailable(bank) && html`<p class="note">${words.login.down}</p>`}
<form method="post" action="/connect/login">
<input type="hidden" name="institutionId" value="${bank.id}">
${fields.map((field) => inputOf(view, field, language))}
<button data-busy="${words.login.busy}">${words.login.button}</button>
</form>
${forgotten(bank, language)}
${isChosen && otherBank(language)}
${leave(language, view.back)}`;
    const isWrong = summary !== false;
    const title = isWrong ? fill(words.errorTitle, { title: heading }) : heading;
    return { title, body, usesScript: true };
  };
}

/** The bank's own name of a field, or ours. */
function captionOf({ captions }: Bank, field: LoginField, { words }: Language): string {
  return captions[field] ?? words.fields[field];
}

function summaryOf(
  { bank, problems, isTooLong }: LoginView,
  fields: readonly LoginField[],
  language: Language,
): Html | false {
  const { words } = language;
  const wrong = fields.filter((field) => problems[field] !== undefined);
  if (wrong.length === 0 && isTooLong === undefined) return false;
  return html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>${words.problem}</h2>
<ul>${isTooLong && html`<li>${words.login.tooLong}</li>`}${wrong.map(
    (field) => html`<li><a href="#${field}">${missing(bank, field, language)}</a></li>`,
  )}</ul>
</div>`;
}

function missing(bank: Bank, field: LoginField, language: Language): string {
  return fill(language.words.login.missing, { caption: captionOf(bank, field, language) });
}

/** `autocomplete` lets password managers fill in the login; they know no name for the other fields. */
const INPUTS: { readonly [field in LoginField]: { type: "text" | "password"; autocomplete: string } } = {
  loginId: { type: "text", autocomplete: "username" },
  password: { type: "password", autocomplete: "current-password" },
  userToken: { type: "password", autocomplete: "off" },
  securityCode: { type: "password", autocomplete: "off" },
  secondaryLoginId: { type: "text", autocomplete: "off" },
};

function inputOf({ bank, typed, problems }: LoginView, field: LoginField, language: Language): Html {
  const { type, autocomplete } = INPUTS[field];
  const isWrong = problems[field] !== undefined;
  const value = type === "password" ? undefined : typed[field];
  return html`<div class="field">
<label for="${field}">${captionOf(bank, field, language)}</label>
${isWrong && html`<p class="wrong" id="${field}-wrong">${missing(bank, field, language)}</p>`}
<input id="${field}" name="${field}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required${value !== undefined && html` value="${value}"`}${isWrong && html` aria-invalid="true" aria-describedby="${field}-wrong"`}>
</div>
`;
}

function forgotten({ forgottenPasswordUrl: url }: Bank, { words }: Language): Html | false {
  return (
    url !== undefined &&
    html`<p><a href="${url}" target="_blank" rel="noopener noreferrer">${words.login.forgotten}</a></p>`
  );
}

function otherBank({ words }: Language): Html {
  return html`<p><a href="/connect">${words.login.otherBank}</a></p>`;
}

/** The page instead of the form for a login, after the bank has refused several logins in a row. */
export function lockedPage(view: {
  bank: Bank;
  blockedMs: number;
  isChosen: boolean;
  back: string | undefined;
}): Screen {
  return (language) => {
    const { title, why, until, meanwhile } = language.words.locked;
    const body = html`<h1>${title}</h1>
<p>${fill(why, { bank: view.bank.name })}</p>
<p><strong>${fill(until, { time: roughly(view.blockedMs, language.tag) })}</strong> ${meanwhile}</p>
${forgotten(view.bank, language)}
${view.isChosen && otherBank(language)}
${leave(language, view.back)}`;
    return { title, body };
  };
}
