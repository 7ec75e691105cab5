/** The metadata key under which a function resource names its source file. Local mode reads it from the template. */
export const ENTRY_METADATA = "connection-jobs:entry";
