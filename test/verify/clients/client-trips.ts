import type { Step } from "./client-steps.ts";
import * as steps from "./client-steps.ts";

type Reading = Readonly<Record<"choose" | "before" | "after", readonly Step[]>>;

/** What all clients do in the same order. Each chooses its bank, and reads before and after its connection is made, in its own way. */
function trip(
  token: Step,
  user: object,
  { choose, before, after }: Reading,
  { asApp = false } = {},
): readonly Step[] {
  const who = asApp ? { as: "app" as const } : {};
  return [
    token,
    steps.signUp(user),
    ...(asApp ? [steps.appToken] : []),
    ...choose,
    steps.connect(who),
    ...before,
    ...steps.followJob(who),
    steps.listConnections(),
    steps.listAccounts(),
    steps.listTransactions("limit=500"),
    ...after,
    steps.update,
    ...steps.followJob(who),
    steps.refreshAll,
    ...steps.followJob(who),
    steps.deleteConnection,
    steps.deleteAgain,
    steps.erase,
    steps.eraseAgain,
  ];
}

const { makeReport, serverToken } = steps;
const EMAIL = { email: "jared@piedpiper.example" };
const NAMED = { ...EMAIL, mobile: "+61410888666", firstName: "Jared", lastName: "Dunn" };

/** The calls of published clients. Routes that we do not have yet are left out: `auth_link`, `statements` and `consents`. */
export const TRIPS: Readonly<Record<string, readonly Step[]>> = {
  "the publisher's own tests": trip(serverToken("2.1"), EMAIL, {
    choose: [
      steps.signUpWithoutAddress,
      steps.institutionsWithoutToken,
      steps.chooseInstitution(),
      steps.noInstitution,
      steps.chooseOnThePage,
      steps.readInstitution,
      steps.unknownInstitution,
      steps.chooseConnector,
      steps.readConnector,
    ],
    before: [steps.listNewConnection],
    after: [
      steps.readUser(),
      steps.changeUser,
      steps.readConnection,
      steps.readAccount,
      steps.readTransaction,
      ...makeReport("affordability"),
      steps.listAffordability,
      steps.affordabilityTransactions,
      ...makeReport("income"),
      ...makeReport("expenses"),
      steps.enrich,
      ...steps.identities("identitites"),
    ],
  }),

  "a JavaScript library": trip(
    serverToken("2.0", { headers: { "basiq-version": "2.0", "content-type": "application/json" }, body: "" }),
    NAMED,
    {
      choose: [steps.chooseInstitution(), steps.readInstitution, steps.chooseOnThePage],
      before: [steps.listNewConnection],
      after: [
        steps.readUser(),
        steps.changeUser,
        steps.listAccounts("?filter=institution.id.eq('AU00002')"),
        steps.readAccount,
        steps.readTransaction,
        ...makeReport("affordability"),
        ...makeReport("income"),
        ...makeReport("expenses"),
        ...steps.identities("identities"),
      ],
    },
  ),

  "a web page for connecting a bank": trip(
    serverToken("2.1"),
    EMAIL,
    { choose: [steps.readUser({ as: "app" }), steps.chooseOnThePage], before: [], after: [] },
    { asApp: true },
  ),

  "an app that verifies accounts": trip(serverToken("3.0"), NAMED, {
    choose: [steps.chooseInstitution({ path: "/institutions?filter=institution.tier.eq('4')" })],
    before: [],
    after: [steps.listAccounts("?filter=institution.id.eq('AU00002')"), steps.deleteByJob],
  }),

  "a Go client": trip(serverToken("3.0"), NAMED, {
    choose: [steps.chooseConnector, steps.readConnector],
    before: [steps.listNewConnection],
    after: [
      steps.readUser(),
      steps.changeUser,
      steps.listConnections("?filter=status.eq('active')"),
      steps.listEvents,
      steps.readConnection,
      steps.readAccount,
      steps.readTransaction,
      steps.listTransactions("limit=100&filter=account.id.eq('{account}')"),
      ...makeReport("affordability"),
      steps.listAffordability,
      ...makeReport("income"),
      ...makeReport("expenses"),
      steps.enrich,
      ...steps.identities("identities"),
    ],
  }),

  "a PHP library": trip(serverToken("2.1"), EMAIL, {
    choose: [steps.chooseInstitution(), steps.readInstitution],
    before: [steps.listNewConnection],
    after: [
      steps.readUser(),
      steps.changeUser,
      steps.readConnection,
      steps.listAccounts("?filter=connection.id.eq('{connection}')"),
      steps.readAccount,
      steps.readTransaction,
      ...makeReport("affordability"),
      ...makeReport("income"),
      ...makeReport("expenses"),
    ],
  }),
};
