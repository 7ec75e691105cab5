import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { challengeFor, challenges } from "../../../sandbox/challenges.ts";
import { institutionById } from "../../../sandbox/institutions.ts";
import { publishedLogins } from "../../../sandbox/test-users.ts";
import { choose } from "../ask.ts";
import { askLocalMode } from "../ask-local-mode.ts";
import { type Bank, captionsOf, findBank, listBanks, mayAsk } from "../bank.ts";
import type { Context } from "../context.ts";
import { type ExitCode, Interrupted } from "../exit-codes.ts";
import { followJob } from "../follow-job.ts";
import { canAsk } from "../io.ts";
import { askForLogin, loginFromInput, revealed, type SecretLogin } from "../login.ts";
import type { Call } from "../read-arguments.ts";
import { UsageError } from "../usage-error.ts";
import { idIn, userIn } from "../values.ts";

/** In local mode, users exist from their first request on. */
const LOCAL_USER = "ea3a81";

/** Connects a bank and follows the job. Without an institution, a person chooses the bank. */
export async function connect(context: Context, call: Call): Promise<ExitCode> {
  const { client, io } = context;
  const userId = call.texts["user"] === undefined && call.place.kind === "local" ? LOCAL_USER : userIn(call);
  const institutionId = call.words.length === 0 ? undefined : idIn(call, 0, "INSTITUTION");
  if (institutionId === undefined && (!canAsk(io) || call.flags.has("login-stdin"))) {
    throw new UsageError("connect needs INSTITUTION: the id of a bank, such as AU00002.");
  }
  const given = call.flags.has("login-stdin") ? await loginFromInput(io) : undefined;
  const { id, login } =
    institutionId === undefined
      ? await chosen(context, call)
      : {
          id: institutionId,
          login: given ?? (await askedLogin(context, await findBank(context, institutionId))),
        };
  const job = await client
    .connect({ userId, institutionId: id, ...revealed(login) }, { signal: io.signal })
    .catch((error: unknown) => {
      if (error instanceof Interrupted) {
        const listing = context.commandLine(`jobs --user ${userId}`);
        io.stderr.write(`The API may have taken the login. To see whether there is a job:\n  ${listing}\n`);
      }
      throw error;
    });
  // A reply with steps is a job that already runs.
  if ("steps" in job) {
    io.stderr.write(
      "A job for this user and bank runs already. This login was not sent; the job is followed.\n",
    );
  }
  return followJob(context, job.id);
}

async function chosen(context: Context, { place }: Call): Promise<{ id: string; login: SecretLogin }> {
  const { io } = context;
  const banks = await listBanks(context);
  if (banks === undefined) {
    throw new UsageError("connect needs INSTITUTION: this API lists no banks, as in version 3.0.");
  }
  const choices = banks.map((bank) => ({ label: `${bank.id} ${bank.name}`, value: bank }));
  const bank = await choose(io, "Bank", choices);
  const isSandbox = place.kind === "local" && (await askLocalMode(place.url)).sandbox !== undefined;
  const known = isSandbox && bank.authorization !== "token" ? await testLogin(context, bank) : {};
  return { id: bank.id, login: await askedLogin(context, bank, known) };
}

function askedLogin({ io }: Context, bank: Bank | undefined, known?: SecretLogin): Promise<SecretLogin> {
  return askForLogin(io, captionsOf(bank), known);
}

/** Offers the published test users, which only the sandbox knows. */
async function testLogin({ io }: Context, bank: Bank): Promise<SecretLogin> {
  const users = publishedLogins.map(({ loginId, password }) => ({
    label: `${loginId}${hintFor(bank, loginId)}`,
    value: { loginId: new Secret(loginId), password: new Secret(password) },
  }));
  return choose<SecretLogin>(io, "Test user", [...users, { label: "another login", value: {} }]);
}

/** What the person has to answer. The published answers are no secrets. */
function hintFor(bank: Bank, loginId: string): string {
  const institution = institutionById(bank.id);
  if (institution === undefined || !mayAsk(bank) || institution.approvesInApp) return "";
  return ` (answers ${challenges[challengeFor(institution, loginId)].answer.join(", ")})`;
}
