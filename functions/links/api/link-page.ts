import { html } from "../../page/html.ts";
import type { Page } from "../../page/layout.ts";
import type { Link, LinkAction } from "../domain/link.ts";

/** What a person is about to do, after "You are about to", and before the name of the application. */
const DOINGS: { readonly [action in Exclude<LinkAction, null>]: { title: string; doing: string } } = {
  connect: { title: "Connect your bank", doing: "connect a bank for" },
  manage: { title: "Manage your consent", doing: "see or change what you share with" },
  extend: { title: "Extend your consent", doing: "share your bank's data for longer with" },
  update: { title: "Renew your consent", doing: "agree to a new policy of" },
  reauthorise: { title: "Renew your bank's permission", doing: "let your bank go on to share data with" },
};
const NEW_LOGIN = { title: "Give your bank's login again", doing: "give the new login of a bank for" };

/** The first page of a link. Only its button uses the link up, because programs that read messages also open links. */
export function linkPage(
  { action, connectionId, mobileEnd }: Pick<Link, "action" | "connectionId" | "mobileEnd">,
  { appName, consentUiHost }: { appName: string; consentUiHost: string | undefined },
): Page {
  const isNewLogin = connectionId !== undefined && (action === null || action === "connect");
  const { title, doing } = isNewLogin ? NEW_LOGIN : DOINGS[action ?? "connect"];
  const body = html`<h1>${title}</h1>
<p>You are about to ${doing} <strong>${appName}</strong>.</p>
${mobileEnd !== "" && html`<p>This link is for the person whose mobile number ends in <strong>${mobileEnd}</strong>.</p>`}
<p>If you did not ask for this link yourself, close this page: your bank's data would go to somebody else.</p>
${action === "update" && html`<p>If the policy has changed, your earlier consent ends, and all your banks are disconnected first.</p>`}
<form method="post">
<button type="submit">Continue</button>
</form>
${consentUiHost !== undefined && html`<p class="small">The next page is at <strong>${consentUiHost}</strong>.</p>`}`;
  return { title, body };
}
