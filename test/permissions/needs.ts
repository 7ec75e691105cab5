import type { Permission } from "../infra/statements.ts";
import { allows, piecesOf } from "./allows.ts";
import type { RecordedAccess } from "./recorded-access.ts";

type PermissionsByRole = ReadonlyMap<string, readonly Permission[]>;

/** The calls that the permissions do not allow. */
export function refusedBy<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Recorded[] {
  return recorded.filter(({ role, access }) => !allows(permissions.get(role) ?? [], access));
}

export interface Need<Recorded> {
  role: string;
  permission: Permission;
  /** The first call that is refused without the permission; none when nothing needs it. */
  call: Recorded | undefined;
}

/** Takes every permission away in turn, pattern by pattern. A call names one row, so that patterns can be told apart. */
export function needsOf<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Need<Recorded>[] {
  return [...permissions].flatMap(([role, granted]) => {
    const pieces = granted.flatMap(piecesOf);
    const own = recorded.filter((call) => call.role === role);
    return pieces.map((permission) => {
      const [call] = refusedBy(new Map([[role, pieces.filter((piece) => piece !== permission)]]), own);
      return { role, permission, call };
    });
  });
}
