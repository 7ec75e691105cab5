import { countUserRequest, type UserCountDeps } from "../access/rate-limit.ts";
import { formOf, type HttpRequest } from "../http/request.ts";
import { parseConnectionRequest } from "../jobs/api/requests.ts";
import { INSTITUTION_ID } from "../jobs/domain/ids.ts";
import { blockedForMs, LOGIN_FIELDS, type Login, type LoginField } from "../jobs/domain/login.ts";
import type { Ports } from "../jobs/domain/ports.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import type { AcceptDeps, Accepted } from "../jobs/use-cases/accept-job.ts";
import { acceptConnection } from "../jobs/use-cases/create-connection.ts";
import { findConnection } from "../jobs/use-cases/refresh-connection.ts";
import { updateConnection } from "../jobs/use-cases/update-connection.ts";
import type { Session } from "../links/domain/session.ts";
import { noteJobs } from "../links/use-cases/sessions.ts";
import { aboutJob } from "../platform/log.ts";
import type { Bank, Banks } from "./bank.ts";
import { banksPage, type FieldProblems, lockedPage, loginPage } from "./bank-pages.ts";
import type { PageReply } from "./page-handler.ts";
import { pathOfJob, pathOfLogin } from "./paths.ts";
import { backWithoutJob, goTo, sessionForLogin, unlessOver, type VisitDeps } from "./visit.ts";

export type LoginDeps = VisitDeps &
  AcceptDeps &
  UserCountDeps &
  Pick<Ports, "institutions" | "upstream"> & { banks: Banks };

/** `GET /connect`: shows the banks, unless the link names one. */
export async function showBanks(deps: LoginDeps, request: HttpRequest): Promise<PageReply> {
  const session = await sessionForLogin(deps, request);
  if (namesBank(session)) return goTo("/connect/login");
  const search = request.query("q") ?? "";
  const view = { banks: await deps.banks.all(), search, back: backWithoutJob(session) };
  return { status: 200, page: banksPage(view) };
}

function namesBank({ institutionId, connectionId }: Session): boolean {
  return institutionId !== undefined || connectionId !== undefined;
}

/** `GET /connect/login`: shows the form for a login, or until when none may be tried. */
export async function showLogin(deps: LoginDeps, request: HttpRequest): Promise<PageReply> {
  const session = await sessionForLogin(deps, request);
  const bank = await bankOf(deps, session, request.query("institutionId"));
  if (bank === undefined) return goTo("/connect");
  const blockedMs = blockedForMs(await deps.refusedLogins.find(session.userId, bank.id), deps.clock.now());
  const page =
    blockedMs > 0
      ? lockedPage({ bank, blockedMs, isChosen: !namesBank(session), back: backWithoutJob(session) })
      : loginPage(viewOf(session, bank));
  return { status: 200, page };
}

/** Returns the bank of the link, or else the bank that the person has chosen; `undefined` if there is no such bank. */
async function bankOf(
  deps: LoginDeps,
  { userId, institutionId, connectionId }: Session,
  chosen: string | undefined,
): Promise<Bank | undefined> {
  const ofLink =
    connectionId === undefined
      ? institutionId
      : (await findConnection(deps, userId, connectionId)).institutionId;
  const id = ofLink ?? chosen;
  if (id === undefined || !INSTITUTION_ID.test(id)) return undefined;
  const bank = await deps.banks.find(id);
  // A link to a bank that is gone leads nowhere: the list of banks would lead back here.
  if (bank === undefined && ofLink !== undefined) throw new Refusal("unknown-institution");
  return bank;
}

function viewOf(session: Session, bank: Bank) {
  return {
    bank,
    isUpdate: session.connectionId !== undefined,
    isChosen: !namesBank(session),
    typed: {},
    problems: {},
    back: backWithoutJob(session),
  };
}

/** `POST /connect/login`: starts the job. A form that is sent twice leads to the same job. */
export async function takeLogin(deps: LoginDeps, request: HttpRequest): Promise<PageReply> {
  const session = await unlessOver(sessionForLogin(deps, request));
  if (session === undefined) return goTo("/connect/login");
  const form = formOf(request);
  await countUserRequest(deps, session.userId);
  const bank = await bankOf(deps, session, form.get("institutionId") ?? undefined);
  if (bank === undefined) return goTo("/connect");
  try {
    const { login } = parseConnectionRequest(Object.fromEntries(form));
    const { job } = await accept(deps, session, bank, login);
    await noteJobs(deps, session, [job.id]);
    return goTo(pathOfJob(job.id));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return answerTo(error, { ...viewOf(session, bank), typed: typedIn(form) });
  }
}

function accept(deps: LoginDeps, session: Session, bank: Bank, login: Login): Promise<Accepted> {
  const { userId, connectionId } = session;
  const logged = { ...deps, newId: () => aboutJob(deps.newId()) };
  return connectionId === undefined
    ? acceptConnection(logged, { userId, institutionId: bank.id, login })
    : updateConnection(logged, { userId, connectionId, login });
}

/** What the form shows again: the browser keeps no secret in its page. */
function typedIn(form: URLSearchParams): { [field in LoginField]?: string } {
  const typed: { [field in LoginField]?: string } = {};
  for (const field of ["loginId", "secondaryLoginId"] as const) typed[field] = form.get(field) ?? "";
  return typed;
}

/** Shows the form again if the login itself was the mistake. */
function answerTo(refusal: Refusal, view: Parameters<typeof loginPage>[0]): PageReply {
  const [first] = refusal.problems;
  if (first.reason === "too-many-refused-logins") return goTo(pathOfLogin(view.bank.id));
  if (first.reason === "field-missing") {
    const problems: FieldProblems = Object.fromEntries(
      LOGIN_FIELDS.filter((field) => refusal.problems.some((problem) => problem.field === field)).map(
        (field) => [field, "missing"],
      ),
    );
    return { status: 400, page: loginPage({ ...view, problems }) };
  }
  if (first.reason !== "field-not-valid") throw refusal;
  return { status: 400, page: loginPage({ ...view, isTooLong: true }) };
}
