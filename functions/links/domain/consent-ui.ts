import { Refusal } from "../../jobs/domain/refusal.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { hasMac, macOf } from "./hashes.ts";
import type { Session, SessionKey } from "./session.ts";

/** No person comes back more often in one session. */
export const MAX_RETURNS = 20;

const STATE = /^([\w-]{22})\.([\w-]{43})$/;

/**
 * Returns the state that comes back from the Consent UI. Only the browser of the session can present it: the key is the random text
 * of its cookie, which no table holds.
 */
export function stateOf(session: Session, { browser }: SessionKey, nonce: Secret): Secret {
  const text = nonce.reveal();
  return new Secret(`${text}.${macOf(browser, signedParts(session, text))}`);
}

/** Returns the nonce of a state. Throws a `Refusal` if we did not make the state for this session. */
export function nonceOf(state: string | undefined, session: Session, { browser }: SessionKey): string {
  const [, nonce, mac] = STATE.exec(state ?? "") ?? [];
  if (nonce === undefined || mac === undefined || !hasMac(mac, browser, signedParts(session, nonce))) {
    throw new Refusal("state-not-valid");
  }
  return nonce;
}

function signedParts({ linkHash, userId, expiresAt }: Session, nonce: string): string[] {
  return [linkHash, userId, expiresAt, nonce];
}

/** Returns the address of the Consent UI for a session. It contains a token: it may not be logged. */
export function consentUiAddress(
  consentUiUrl: string,
  { action, institutionId, connectionId }: Session,
  { token, state }: { token: Secret; state: Secret },
): Secret {
  const address = new URL(consentUiUrl);
  const fields = { token: token.reveal(), action, state: state.reveal(), institutionId, connectionId };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) address.searchParams.set(name, value);
  }
  return new Secret(address.href);
}
