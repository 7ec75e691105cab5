import { isAvailable } from "../jobs/domain/institution.ts";
import type { LoginField } from "../jobs/domain/login.ts";
import { type Bank, captionOf, fieldsOf, initialsOf, matching } from "./bank.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";
import { pathOfLogin } from "./paths.ts";
import { roughly } from "./time-words.ts";

/** A keyboard should not have to pass more of them. The search finds the others. */
const MOST_BANKS = 60;

interface BanksView {
  banks: readonly Bank[];
  search: string;
  /** Where the person goes who wants none of them. */
  back: string | undefined;
}

/** The page on which a person chooses a bank. */
export function banksPage({ banks, search, back }: BanksView): Page {
  const found = matching(banks, search);
  const shown = found.slice(0, MOST_BANKS);
  const body = html`<h1>Choose your bank</h1>
<form class="search" method="get" action="/connect" role="search">
<label for="q">Name of your bank</label>
<input id="q" name="q" type="search" value="${search}" autocomplete="off" spellcheck="false" maxlength="100">
<button>Search</button>
</form>
<p role="status">${countOf(found.length, shown.length, search)}</p>
<ul class="banks">
${shown.map(
  (bank) => html`<li><a href="${pathOfLogin(bank.id)}">
<span class="initials" aria-hidden="true">${initialsOf(bank)}</span>
<span>${bank.name}${!isAvailable(bank) && html` <span class="note">is down at the moment</span>`}</span></a></li>
`,
)}</ul>
${leave(back)}`;
  return { title: "Choose your bank", body };
}

function countOf(found: number, shown: number, search: string): string {
  if (found === 0) {
    return search.trim() === ""
      ? "No bank can be connected at the moment."
      : "No bank has this name. Try a shorter part of the name.";
  }
  if (shown < found) return `The first ${shown} of ${found} banks. Search for the name of yours.`;
  return found === 1 ? "One bank." : `${found} banks.`;
}

function leave(back: string | undefined): Html | false {
  return back !== undefined && html`<p><a class="button quiet" href="${back}">Go back to the app</a></p>`;
}

/** What is wrong with a field of the form for a login. */
export type FieldProblems = { readonly [field in LoginField]?: "missing" };

export interface LoginView {
  bank: Bank;
  /** Whether the login replaces that of a connection. */
  isUpdate: boolean;
  /** Whether the person may choose another bank. */
  isChosen: boolean;
  /** The application that gets the data. */
  appName: string;
  /** What the person has typed before, without secrets. */
  typed: { readonly [field in LoginField]?: string };
  problems: FieldProblems;
  /** What is wrong with the login as a whole. */
  problem?: string;
  back: string | undefined;
}

/** The page with the form for a login. */
export function loginPage(view: LoginView): Page {
  const { bank, isUpdate, isChosen, appName } = view;
  const heading = isUpdate ? `New login for ${bank.name}` : `Log in to ${bank.name}`;
  const fields = fieldsOf(bank, isUpdate);
  const summary = summaryOf(view, fields);
  const body = html`<h1>${heading}</h1>
${summary}
<p>With this login, ${appName} reads your accounts and transactions at this bank. We send the login encrypted, and delete our copy as soon as the bank has decided on it.</p>
${!isAvailable(bank) && html`<p class="note">The bank is down at the moment. You can log in all the same: we try again until it works.</p>`}
<form method="post" action="/connect/login">
<input type="hidden" name="institutionId" value="${bank.id}">
${fields.map((field) => inputOf(view, field))}
<button data-busy="Logging in…">Log in</button>
</form>
${forgotten(bank)}
${isChosen && html`<p><a href="/connect">Choose another bank</a></p>`}
${leave(view.back)}`;
  const isWrong = summary !== false;
  return { title: isWrong ? `Error: ${heading}` : heading, body, usesScript: true };
}

function summaryOf({ bank, problems, problem }: LoginView, fields: readonly LoginField[]): Html | false {
  const wrong = fields.filter((field) => problems[field] !== undefined);
  if (wrong.length === 0 && problem === undefined) return false;
  return html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>There is a problem</h2>
<ul>${problem !== undefined && html`<li>${problem}</li>`}${wrong.map(
    (field) => html`<li><a href="#${field}">${missing(bank, field)}</a></li>`,
  )}</ul>
</div>`;
}

function missing(bank: Bank, field: LoginField): string {
  return `Fill in “${captionOf(bank, field)}”.`;
}

/** `autocomplete` lets password managers fill in the login; they know no name for the other fields. */
const INPUTS: { readonly [field in LoginField]: { type: "text" | "password"; autocomplete: string } } = {
  loginId: { type: "text", autocomplete: "username" },
  password: { type: "password", autocomplete: "current-password" },
  userToken: { type: "password", autocomplete: "off" },
  securityCode: { type: "password", autocomplete: "off" },
  secondaryLoginId: { type: "text", autocomplete: "off" },
};

function inputOf({ bank, typed, problems }: LoginView, field: LoginField): Html {
  const { type, autocomplete } = INPUTS[field];
  const isWrong = problems[field] !== undefined;
  const value = type === "password" ? undefined : typed[field];
  return html`<div class="field">
<label for="${field}">${captionOf(bank, field)}</label>
${isWrong && html`<p class="wrong" id="${field}-wrong">${missing(bank, field)}</p>`}
<input id="${field}" name="${field}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required${value !== undefined && html` value="${value}"`}${isWrong && html` aria-invalid="true" aria-describedby="${field}-wrong"`}>
</div>
`;
}

function forgotten({ forgottenPasswordUrl: url }: Bank): Html | false {
  return (
    url !== undefined &&
    html`<p><a href="${url}" target="_blank" rel="noopener noreferrer">Forgotten your login? Open the bank’s page in a new tab</a></p>`
  );
}

/** The page instead of the form for a login, after the bank has refused several logins in a row. */
export function lockedPage(view: {
  bank: Bank;
  blockedMs: number;
  isChosen: boolean;
  back: string | undefined;
}): Page {
  const title = "Please wait before you try again";
  const body = html`<h1>${title}</h1>
<p>${view.bank.name} has refused several logins in a row. Another wrong login could lock your account at the bank.</p>
<p><strong>You can try again in ${roughly(view.blockedMs)}.</strong> Until then, check your login on the bank’s own page.</p>
${forgotten(view.bank)}
${view.isChosen && html`<p><a href="/connect">Choose another bank</a></p>`}
${leave(view.back)}`;
  return { title, body };
}
