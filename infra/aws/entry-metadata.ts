/** Where local mode finds the source of a function in the template. */
export const ENTRY_METADATA = "connection-jobs:entry";
