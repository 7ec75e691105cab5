import type { Component } from "./component.ts";
import * as passed from "./passed-schemas.ts";

const MONTHS = {
  fromMonth: "The first month, such as `2026-01`.",
  toMonth: "The last month.",
  accounts: "The ids of the accounts. Without it: all accounts of the user.",
};

/** Bodies that pass to the aggregator. */
export const PASSED_REQUESTS = {
  UserRequest: {
    schema: passed.userRequest,
    description: "The data of a user. A new user needs `email` or `mobile`.",
  },
  StatementRequest: {
    schema: passed.statementRequest,
    description: "A statement of a bank. The whole body has at most 4,500,000 bytes.",
    fields: {
      institutionId: "The bank of the statement.",
      statement: "An official statement as PDF, or a CSV file in the aggregator's format.",
    },
  },
  ReportRequest: { schema: passed.reportRequest, description: "What the report is about.", fields: MONTHS },
} as const satisfies Record<string, Component>;

/** Bodies that the aggregator sends. */
export const PASSED_REPLIES = {
  User: { schema: passed.user, description: "A user." },
  UserDetails: { schema: passed.userDetails, description: "A user with the connections and accounts." },
  Connection: {
    schema: passed.connection,
    description: "A connection of a user to a bank.",
    fields: {
      status:
        "`pending` until the bank has accepted the login, `invalid` if it has refused the login, `pre-init` until the user has come back from the bank's own site (open banking).",
    },
  },
  ConnectionList: { schema: passed.connectionList, description: "Connections of a user." },
  Account: {
    schema: passed.account,
    description: "A bank account. Amounts are texts, such as `-7.50`.",
    fields: { transactionIntervals: "The periods whose transactions were read." },
  },
  AccountList: { schema: passed.accountList, description: "Accounts of a user." },
  Transaction: {
    schema: passed.transaction,
    description: "A transaction of an account. Amounts are texts; debits are negative.",
    fields: { enrich: "The merchant, the location and the category, as far as the aggregator knows them." },
  },
  TransactionList: {
    schema: passed.transactionList,
    description: "A page of transactions.",
    fields: { links: "`next` is the next page. Without `next`, this page is the last one." },
  },
  Institution: {
    schema: passed.institution,
    description: "A bank.",
    fields: {
      authorization: "The kind of login: `user`, `token`, `user-mfa` or `user-mfa-intermittent`.",
      loginIdCaption: "What the bank calls the login id. Show the captions to the user.",
      secondaryLoginIdCaption: "If present, the login needs a `secondaryLoginId`.",
      securityCodeCaption: "If present, the login needs a `securityCode`.",
    },
  },
  InstitutionList: { schema: passed.institutionList, description: "Banks." },
  Connector: { schema: passed.connector, description: "A way to connect a bank." },
  ConnectorList: { schema: passed.connectorList, description: "Ways to connect banks." },
  Affordability: {
    schema: passed.affordability,
    description: "Assets, liabilities, income and expenses in one report.",
  },
  AffordabilityList: { schema: passed.affordabilityList, description: "Affordability reports of a user." },
  AffordabilityTransactionList: {
    schema: passed.affordabilityTransactions,
    description: "The transactions that a report is made from.",
  },
  Income: { schema: passed.income, description: "The income of a user." },
  Expenses: { schema: passed.expenses, description: "The expenses of a user." },
  Enrichment: {
    schema: passed.enrichment,
    description: "What the aggregator knows about a text of a transaction.",
  },
  Identity: { schema: passed.identity, description: "What a bank knows about the identity of a user." },
  ConsentList: {
    schema: passed.consentList,
    description: "What a user has agreed to.",
  },
  IdentityList: { schema: passed.identityList, description: "Identities of a user, one for each bank." },
} as const satisfies Record<string, Component>;
