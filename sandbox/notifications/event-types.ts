/** The published types of events, in the published order, and what their descriptions say. */
export const eventTypes: ReadonlyMap<string, string> = new Map([
  ["account.updated", "when an account is updated"],
  ["connection.activated", "when a connection is activated"],
  ["connection.created", "when a connection is created"],
  ["connection.deleted", "when a connection is deleted"],
  ["connection.invalidated", "when a connection is invalidated"],
  ["consent.created", "when a consent is created"],
  ["consent.expired", "when a consent is expired"],
  ["consent.reminder", "when a consent has been active for 90 days since the last update"],
  ["consent.revoked", "when a consent is revoked"],
  ["consent.updated", "when a consent is updated"],
  ["consent.warning", "when a consent is about to expire"],
  ["transactions.updated", "when transactions are updated"],
  ["user.created", "when a user is created"],
  ["user.deleted", "when a user is deleted"],
  ["user.updated", "when a user is updated"],
]);
