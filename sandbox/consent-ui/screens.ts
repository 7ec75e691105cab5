import type { Situation } from "../call.ts";
import { connectionsOf, type Known } from "../connection-calls.ts";
import { type LoginField, neededFields } from "../connection-request.ts";
import { activeConsent, consentsOf, expiryOf } from "../consents.ts";
import { captions } from "../institution-reply.ts";
import { institutionById, institutions } from "../institutions.ts";
import type { Refusal } from "../refusal.ts";
import { publishedLogins } from "../test-users.ts";
import { timestamp } from "../timestamp.ts";
import { type Html, html } from "./html.ts";
import type { Screen } from "./layout.ts";
import { addressOf, keptFields, returnAddress, type Visit } from "./visit.ts";

/** Makes a form that keeps where the person is. `step` says what the form does. */
export function form(visit: Visit, step: string, content: Html): Html {
  const kept = [...keptFields(visit), ["step", step] as const];
  return html`<form method="post" action="/home">
${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}${content}
</form>`;
}

/** Makes the link back to the application. It takes along the jobs that have begun. */
export function wayBack(situation: Situation, visit: Visit, text: string): Html | undefined {
  const address = returnAddress(situation, visit);
  return address === undefined ? undefined : html`<p><a class="button" href="${address}">${text}</a></p>`;
}

/** Says what is wrong with a form, or with the way here. */
export function alert(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<p role="alert">${text}</p>`;
}

export function problemScreen(
  situation: Situation,
  { status, errors: [error] }: Refusal,
  visit: Visit | undefined,
): Screen {
  const { code = "", title = "", detail = title } = error ?? {};
  const body = html`${alert(detail)}
<p>Go back to the app, and start again from there.</p>
<p>For support: <code>${code}</code></p>
${visit && wayBack(situation, visit, "Back to the app")}`;
  return { status, title: "This page cannot be opened", body };
}

/** Asks for a consent: for the first, or for another one because the policy has changed. */
export function consentScreen(situation: Situation, visit: Visit): Screen {
  const { state } = situation;
  const ending =
    visit.action === "update"
      ? connectionsOf(state, visit.userId).map(({ institution }) => institution.name)
      : [];
  const lost = html`<p role="alert">The terms have changed. If you agree, your consent of before ends, and these connections are
deleted: ${ending.join(", ") || "none"}. You can connect the banks again.</p>`;
  const body = html`${visit.action === "update" && lost}
<p>An app asks to read data from your banks, so that you can share your financial data with it.</p>
<ul>
<li>your name and your contact details</li>
<li>your accounts and their balances</li>
<li>your transactions of the last two years</li>
</ul>
<p>Your consent lasts for a year. You can end it at any time.</p>
${form(visit, "consent", html`<button>I agree</button>`)}
${wayBack(situation, visit, "Cancel")}`;
  return { title: visit.action === "update" ? "Agree to new terms" : "Share your data", body };
}

export function banksScreen(situation: Situation, visit: Visit): Screen {
  const entries = institutions.map(({ id, name }) => {
    return html`<li><a href="${addressOf({ ...visit, institutionId: id })}">${name}</a></li>\n`;
  });
  const body = html`<ul>
${entries}</ul>
${wayBack(situation, visit, visit.jobIds.length === 0 ? "Cancel" : "Finish")}`;
  return { title: "Choose your bank", body };
}

/** The page never shows again what a person has typed. */
export function loginScreen(situation: Situation, visit: Visit, refused?: Refusal): Screen {
  const known = connectionsOf(situation.state, visit.userId).find(
    ({ connection }) => connection.id === visit.connectionId,
  );
  const institution = known?.institution ?? institutionById(visit.institutionId ?? "");
  const needed = institution === undefined ? [] : neededFields(institution);
  const fields = known === undefined ? needed : needed.filter((name) => name !== "loginId");
  const problems = (refused?.errors ?? []).map(({ title, detail = title }) => alert(detail));
  const users = publishedLogins.map(({ loginId, password }) => html`<li>${loginId}, ${password}</li>\n`);
  const asked = html`${fields.map(field)}<button>Continue</button>`;
  const body = html`${problems}
${known !== undefined && html`<p>Type the new login of this connection.</p>`}
${form(visit, "login", asked)}
${wayBack(situation, visit, "Cancel")}
${needed.includes("loginId") && html`<details><summary>Test users</summary><ul>${users}</ul></details>`}`;
  return { title: `Log in to ${institution?.name ?? ""}`, body, ...(refused && { status: refused.status }) };
}

function field(name: LoginField): Html {
  const type = name === "loginId" || name === "secondaryLoginId" ? "text" : "password";
  return html`<label for="${name}">${captions[name]}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="off" required>\n`;
}

/** Shows the consent with its connections, and the consents of before. */
export function manageScreen(situation: Situation, visit: Visit): Screen {
  const { state } = situation;
  const consent = activeConsent(state, visit.userId);
  const ended = consentsOf(state, visit.userId).filter(({ status }) => status !== "active");
  const history = ended.map(({ status, updatedAt }) => html`<li>${status} on ${dayOf(updatedAt)}</li>\n`);
  const connections = connectionsOf(state, visit.userId).map((known) => connectionEntry(visit, known));
  const active =
    consent &&
    html`<p>Your consent lasts until ${dayOf(expiryOf(consent))}.</p>
<h2>Connected banks</h2>
<ul>${connections}</ul>
${form(visit, "revoke", html`<button>End my consent and delete all connections</button>`)}`;
  const body = html`${active ?? html`<p>You have given no consent that is active.</p>`}
${history.length > 0 && html`<h2>Consents of before</h2>\n<ul>${history}</ul>`}
${wayBack(situation, visit, "Back to the app")}`;
  return { title: "What you share", body };
}

function connectionEntry(visit: Visit, { connection, institution }: Known): Html {
  const { name } = institution;
  const content = html`<input type="hidden" name="connection" value="${connection.id}">
<button>Delete the connection to ${name}</button>`;
  return html`<li>${name}${form(visit, "disconnect", content)}</li>\n`;
}

export function extendScreen(situation: Situation, visit: Visit): Screen {
  const consent = activeConsent(situation.state, visit.userId);
  const body = html`<p>Your consent lasts until ${consent && dayOf(expiryOf(consent))}.</p>
${form(visit, "extend", html`<button>Extend it to a year from now</button>`)}
${wayBack(situation, visit, "Cancel")}`;
  return { title: "Extend your consent", body };
}

/** Only connections of open banking have to be renewed at their bank. The sandbox has none. */
export function reauthoriseScreen(situation: Situation, visit: Visit): Screen {
  const body = html`<p>No connection expires within 7 days.</p>
${wayBack(situation, visit, "Back to the app")}`;
  return { title: "Renew your connections", body };
}

function dayOf(time: number): string {
  return timestamp(time).slice(0, 10);
}
