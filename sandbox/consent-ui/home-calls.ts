import type { Outcome, Situation } from "../call.ts";
import { changeLogin, connectBank, connectionsOf, withoutConnection } from "../connection-calls.ts";
import { readCreate, readUpdate } from "../connection-request.ts";
import { activeConsent, endConsent, extendConsent, isOutdated, withConsent } from "../consents.ts";
import { institutionById } from "../institutions.ts";
import { takeAnswers } from "../job-calls.ts";
import { notFound, notValid, type Refusal } from "../refusal.ts";
import type { State } from "../state.ts";
import { withUser } from "../users.ts";
import { jobScreen } from "./job-screen.ts";
import { pageReply, redirect, type Screen } from "./layout.ts";
import {
  banksScreen,
  consentScreen,
  extendScreen,
  loginScreen,
  manageScreen,
  problemScreen,
  reauthoriseScreen,
} from "./screens.ts";
import { addressOf, fieldsOf, readVisit, type Visit } from "./visit.ts";

/** What each page shows, by its name. */
const screens = {
  consent: consentScreen,
  banks: banksScreen,
  login: loginScreen,
  job: jobScreen,
  manage: manageScreen,
  extend: extendScreen,
  update: consentScreen,
  reauthorise: reauthoriseScreen,
} satisfies Record<string, (situation: Situation, visit: Visit) => Screen>;
type ScreenName = keyof typeof screens;

/** Answers `GET /home`. Changes nothing. */
export function showHome(situation: Situation): Outcome {
  const visit = readVisit(situation);
  if ("refusal" in visit) return problem(situation, visit.refusal);
  const name = screenOf(situation, visit);
  return typeof name === "string"
    ? { reply: pageReply(screens[name](situation, visit)) }
    : problem(situation, name.refusal, visit);
}

function problem(situation: Situation, refusal: Refusal, visit?: Visit): Outcome {
  return { reply: pageReply(problemScreen(situation, refusal, visit)) };
}

const noConsent = { refusal: notFound("consent") };

/** Returns the page of a visit. As published, what needs a consent is refused without one. */
function screenOf({ state }: Situation, visit: Visit): ScreenName | { readonly refusal: Refusal } {
  const { userId, action, institutionId, connectionId } = visit;
  const consent = activeConsent(state, userId);
  if (visit.jobId !== undefined) return "job";
  if (institutionId !== undefined && institutionById(institutionId) === undefined) {
    return { refusal: notFound("institution") };
  }
  if (connectionId !== undefined) {
    const isTheirs = connectionsOf(state, userId).some(({ connection }) => connection.id === connectionId);
    return isTheirs ? "login" : { refusal: notFound("connection") };
  }
  if (action === undefined) return "consent";
  if (action === "manage") return "manage";
  if (consent === undefined) return noConsent;
  if (action === "connect") return institutionId === undefined ? "banks" : "login";
  // Published: with an unchanged policy, an update is an extension.
  return action === "update" && !isOutdated(state, consent) ? "extend" : action;
}

type Step = (situation: Situation, visit: Visit) => Outcome;

/** What the forms of each page do, by the value of their field `step`. */
const steps: { readonly [name in ScreenName]?: Readonly<Record<string, Step>> } = {
  consent: { consent: giveConsent },
  update: { consent: replaceConsent },
  extend: { extend },
  login: { login: logIn },
  job: { answer },
  manage: { revoke, disconnect },
};

/** Answers `POST /home`: does what the form of a page says. As documented, a user exists from its first POST. */
export function submitHome(situation: Situation): Outcome {
  const visit = readVisit(situation);
  if ("refusal" in visit) return problem(situation, visit.refusal);
  const state = withUser(situation.state, visit.userId);
  const given = { ...situation, state };
  const name = screenOf(given, visit);
  if (typeof name !== "string") return problem(given, name.refusal, visit);
  const step = steps[name]?.[fieldsOf(situation.call).get("step") ?? ""];
  if (step === undefined) return problem(given, notValid("The form is not of this page.", "step"), visit);
  const outcome = step(given, visit);
  return { ...outcome, change: { users: state.users, ...outcome.change } };
}

function goTo(visit: Visit, change: Partial<State> = {}): Outcome {
  return { reply: redirect(addressOf(visit)), change };
}

function giveConsent({ state, now }: Situation, visit: Visit): Outcome {
  const { consents } = withConsent(state, visit.userId, now);
  return goTo({ ...visit, action: "connect" }, { consents });
}

/** As published, the old consent is revoked, and all connections are deleted. */
function replaceConsent({ state, now }: Situation, visit: Visit): Outcome {
  const { userId } = visit;
  const ended = endConsent(state, { userId, status: "revoked", connectionIds: undefined }, now);
  const { consents } = withConsent({ ...state, ...ended }, userId, now);
  return goTo({ ...visit, action: "connect" }, { ...ended, consents });
}

function extend({ state, now }: Situation, visit: Visit): Outcome {
  return goTo({ ...visit, action: "manage" }, extendConsent(state, visit.userId, now));
}

function revoke({ state, now }: Situation, visit: Visit): Outcome {
  const { userId } = visit;
  if (activeConsent(state, userId) === undefined) return goTo(visit);
  return goTo(visit, endConsent(state, { userId, status: "revoked", connectionIds: undefined }, now));
}

function disconnect({ state, call, now }: Situation, visit: Visit): Outcome {
  const id = fieldsOf(call).get("connection");
  const known = connectionsOf(state, visit.userId).find(({ connection }) => connection.id === id);
  return goTo(visit, known && withoutConnection(state, known.connection, now));
}

function logIn(situation: Situation, visit: Visit): Outcome {
  const started = startLogin(situation, visit);
  if ("refusal" in started) {
    return { reply: pageReply(loginScreen(situation, visit, started.refusal)) };
  }
  const { id } = JSON.parse(started.reply.body);
  const jobIds = [...visit.jobIds.filter((known) => known !== id), id];
  return goTo({ ...visit, jobIds, jobId: id }, started.change);
}

/** The fields of the login's form have the names of a program's request. */
function startLogin(situation: Situation, { userId, institutionId, connectionId }: Visit): Outcome {
  const { state, call } = situation;
  const body = Object.fromEntries(fieldsOf(call));
  const known = connectionsOf(state, userId).find(({ connection }) => connection.id === connectionId);
  const request =
    known === undefined
      ? readCreate({ ...body, institution: { id: institutionId } })
      : readUpdate(body, known.institution, known.connection.login.testUser);
  if ("refusal" in request) return request;
  return known === undefined
    ? connectBank(situation, userId, request)
    : changeLogin(situation, known.connection, request);
}

function answer(situation: Situation, visit: Visit): Outcome {
  const job = situation.state.jobs.get(visit.jobId ?? "");
  if (job === undefined) return goTo(visit);
  const answers = fieldsOf(situation.call).getAll("answer");
  if (answers.includes("")) {
    return { reply: pageReply(jobScreen(situation, visit, "Please answer every question.")) };
  }
  const taken = takeAnswers(situation, job, answers);
  return goTo(visit, taken.change);
}
