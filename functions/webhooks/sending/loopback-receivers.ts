let areAllowed = false;

/**
 * Whether receivers may be on the loopback. Only the composition of local mode allows them, before the first message: no
 * variable of the environment and no setting of a deployment does.
 */
export const loopbackReceivers = {
  allow(): void {
    areAllowed = true;
  },
  areAllowed: (): boolean => areAllowed,
};
