import type { Outcome, Params, Situation } from "./call.ts";
import { consentsOf, endConsent, expiryOf } from "./consents.ts";
import { notFound } from "./refusal.ts";
import { jsonReply, noContent } from "./reply.ts";
import type { Consent } from "./state.ts";
import { timestamp } from "./timestamp.ts";

export function listConsents({ state, setting }: Situation, { userId }: Params): Outcome {
  const self = `${setting.baseUrl}/users/${userId}/consents`;
  const data = consentsOf(state, userId)
    .toReversed()
    .map((consent) => consentReply(consent, self));
  return { reply: jsonReply(200, { type: "list", size: data.length, data, links: { self } }) };
}

/** Revokes a consent. All connections of the user end with it. */
export function deleteConsent({ state, now }: Situation, { userId, consentId }: Params): Outcome {
  const consent = state.consents.get(consentId);
  if (consent?.userId !== userId || consent.status !== "active") return { refusal: notFound("consent") };
  const change = endConsent(state, { userId, status: "revoked", connectionIds: undefined }, now);
  return { reply: noContent, change };
}

function consentReply(consent: Consent, list: string) {
  const { id, createdAt, updatedAt, status } = consent;
  return {
    type: "consent",
    id,
    created: timestamp(createdAt),
    updated: timestamp(updatedAt),
    expiryDate: timestamp(expiryOf(consent)),
    origin: "user",
    status,
    purpose: { primary: { title: "Share your financial data", description: "" }, other: null },
    data: { retainData: true, initialRetrievalDays: 730, organisation: null, permissions: [] },
    links: { self: `${list}/${id}` },
  };
}
