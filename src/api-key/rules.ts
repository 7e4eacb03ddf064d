import { checkGiven } from '../member/rules.ts'
import { checkName } from '../texts.ts'
import { invalid, type UserError } from '../user-errors.ts'

export interface ApiKeyValues {
  name: string
  role: string
  /** Those of its role that it is limited to; null for all of them. */
  scopes?: readonly string[] | null
  expiresAt?: Date | null
}

export interface KeyGiver {
  /** The scopes that the key's role has. */
  ofRole: readonly string[]
  /** The scopes of who gives the key. */
  own: ReadonlySet<string>
  /** When the key ends that gives it; null where none gives it, or one that lasts. */
  end: Date | null
  now: Date
}

/** Why a key cannot be made so. */
export function checkApiKey(
  { name, role, scopes, expiresAt }: ApiKeyValues,
  { ofRole, own, end, now }: KeyGiver,
  path: string[],
): UserError[] {
  const effective = scopes ? ofRole.filter((scope) => scopes.includes(scope)) : ofRole
  return [
    ...checkName(name, [...path, 'name']),
    ...(scopes ? checkLimits(scopes, { role, ofRole }, [...path, 'scopes']) : []),
    ...checkGiven(effective, own, [...path, scopes ? 'scopes' : 'role']),
    ...(expiresAt && expiresAt <= now
      ? [invalid('A key expires in the future.', [...path, 'expiresAt'])]
      : []),
    ...(end && (!expiresAt || expiresAt > end)
      ? [
          invalid(`A key gives none that outlasts it: this one ends ${end.toISOString()}.`, [
            ...path,
            'expiresAt',
          ]),
        ]
      : []),
  ]
}

const namedAtMost = 5
const charactersAtMost = 40

function checkLimits(
  scopes: readonly string[],
  { role, ofRole }: { role: string; ofRole: readonly string[] },
  path: string[],
): UserError[] {
  if (scopes.length === 0)
    return [invalid('Name a scope, or leave `scopes` out for all that the role has.', path)]
  const others = [...new Set(scopes)].filter((scope) => !ofRole.includes(scope))
  if (others.length === 0) return []
  const named = others.slice(0, namedAtMost).map((scope) => scope.slice(0, charactersAtMost))
  const message = `The role ${role} does not have ${named.join(', ')}: it has ${ofRole.join(', ')}.`
  return [invalid(message, path)]
}
