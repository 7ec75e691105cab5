import { html } from "../../page/html.ts";
import type { Screen } from "../../page/layout.ts";
import { filled } from "../../page/words.ts";
import type { Link } from "../domain/link.ts";

/**
 * The first page of a link. Only its button uses the link up, because programs that read messages also open links.
 * `consentUiHost` is undefined if our own page makes connections.
 */
export function linkPage(
  { action, connectionId, mobileEnd }: Pick<Link, "action" | "connectionId" | "mobileEnd">,
  consentUiHost: string | undefined,
): Screen {
  return ({ words, app }) => {
    const { link } = words;
    const isNewLogin = connectionId !== undefined && (action === null || action === "connect");
    const { title, doing } = isNewLogin ? link.newLogin : link[action ?? "connect"];
    const strong = (text: string) => html`<strong>${text}</strong>`;
    const body = html`<h1>${title}</h1>
<p>${filled(doing, { app: strong(app) })}</p>
${mobileEnd !== "" && html`<p>${filled(link.mobile, { digits: strong(mobileEnd) })}</p>`}
<p>${link.notYours}</p>
${action === "update" && html`<p>${link.policy}</p>`}
<form method="post">
<button type="submit">${link.continue}</button>
</form>
${consentUiHost !== undefined && html`<p class="small">${filled(link.nextPage, { host: strong(consentUiHost) })}</p>`}`;
    return { title, body };
  };
}
