import type { Outcome, Params, Situation } from "./call.ts";
import { type Properties, readFilter } from "./filter.ts";
import { conditionOf } from "./institution-condition.ts";
import { connectorProperties, institutionProperties } from "./institution-filter.ts";
import { connectorReply, institutionReply } from "./institution-reply.ts";
import { type Institution, institutionById, institutions } from "./institutions.ts";
import { notFound } from "./refusal.ts";
import { jsonReply } from "./reply.ts";

type Render<Entry> = (situation: Situation, institution: Institution) => Entry;

export const listInstitutions = (situation: Situation): Outcome =>
  list(situation, institution, institutionProperties);

/** Since version 3.0, how to log in to an institution is published with its connectors. Each test bank has one. */
export const listConnectors = (situation: Situation): Outcome =>
  list(situation, connector, connectorProperties);

export function getInstitution(situation: Situation, { institutionId }: Params): Outcome {
  return one(situation, institutionId, institution);
}

export function getConnector(situation: Situation, { institutionId, method }: Params): Outcome {
  return method === "web" ? one(situation, institutionId, connector) : { refusal: notFound("connector") };
}

function one(situation: Situation, institutionId: string, render: Render<object>): Outcome {
  const found = institutionById(institutionId);
  return found === undefined
    ? { refusal: notFound("institution") }
    : { reply: jsonReply(200, render(situation, found)) };
}

function list<Entry>(situation: Situation, render: Render<Entry>, properties: Properties<Entry>): Outcome {
  const { call, setting } = situation;
  const filter = readFilter(call.query.get("filter"), properties);
  if ("refusal" in filter) return filter;
  const data = institutions.map((each) => render(situation, each)).filter(filter.matches);
  const links = { self: `${setting.baseUrl}${call.path}` };
  return { reply: jsonReply(200, { type: "list", totalCount: data.length, data, links }) };
}

function institution({ state, setting }: Situation, institution: Institution) {
  return institutionReply(institution, conditionOf(state, institution.id).status, setting.baseUrl);
}

function connector({ state, setting }: Situation, institution: Institution) {
  return connectorReply(institution, conditionOf(state, institution.id).status, setting.baseUrl);
}
