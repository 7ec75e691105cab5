import type { Outcome, Params, Situation } from "./call.ts";
import { conditionOf } from "./institution-condition.ts";
import { connectorReply, institutionReply } from "./institution-reply.ts";
import { type Institution, institutionById, institutions } from "./institutions.ts";
import { notFound } from "./refusal.ts";
import { jsonReply } from "./reply.ts";

export function getInstitution(situation: Situation, { institutionId }: Params): Outcome {
  const institution = institutionById(institutionId);
  if (institution === undefined) return { refusal: notFound("institution") };
  return { reply: jsonReply(200, render(situation, institution)) };
}

/** Answers what version 3.0 publishes of how to log in to an institution. */
export function getConnector({ state, setting }: Situation, { institutionId }: Params): Outcome {
  const institution = institutionById(institutionId);
  if (institution === undefined) return { refusal: notFound("institution") };
  const { status } = conditionOf(state, institution.id);
  return { reply: jsonReply(200, connectorReply(institution, status, setting.baseUrl)) };
}

export function listInstitutions(situation: Situation): Outcome {
  const data = institutions.map((institution) => render(situation, institution));
  const links = { self: `${situation.setting.baseUrl}/institutions` };
  return { reply: jsonReply(200, { type: "list", totalCount: data.length, data, links }) };
}

function render({ state, setting }: Situation, institution: Institution) {
  return institutionReply(institution, conditionOf(state, institution.id).status, setting.baseUrl);
}
