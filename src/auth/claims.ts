import { isStorable, maxNameLength } from '../texts.ts'
import { type Role, roles } from './scopes.ts'

/** The names of the claims that say who somebody is; a role may be left to the member. */
export interface ClaimNames {
  tenant: string
  subject: string
  role: string | null
  name: string
  email: string
}

/** Whom a token is about, as far as it says. */
export interface Identity {
  /** The id or the slug of a tenant. */
  tenant: string
  /** The member's external id. */
  subject: string
  role: Role | null
  name: string | null
  email: string | null
}

type Claims = Record<string, unknown>

/** The identity in a token's claims; null where one that it needs is missing or makes no sense. */
export function identityOf(claims: Claims, names: ClaimNames): Identity | null {
  const tenant = textOf(claimAt(claims, names.tenant))
  const subject = textOf(claimAt(claims, names.subject))
  const given = names.role === null ? undefined : claimAt(claims, names.role)
  const role = given === undefined ? null : roleOf(given)
  if (!tenant || !subject || [...subject].length > maxNameLength || role === undefined) return null
  const text = (name: string) => textOf(claimAt(claims, name))?.trim() || null
  return { tenant, subject, role, name: text(names.name), email: text(names.email) }
}

/**
 * The claim with exactly this name, such as `https://acme.example/role`, else the one at this path,
 * such as `realm_access.roles`. A name on the path may have dots of its own.
 */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const head = name.slice(0, dot)
    const inner = Object.hasOwn(claims, head) ? claims[head] : null
    if (typeof inner !== 'object' || !inner || Array.isArray(inner)) continue
    const found = claimAt(inner as Claims, name.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

/** The greatest of our roles among those named, in any case; undefined where none is ours. */
function roleOf(claim: unknown): Role | undefined {
  const named = Array.isArray(claim) ? claim : [claim]
  const texts = named.filter((name) => typeof name === 'string')
  // Letters of other alphabets have capitals among ours: "ı" has "I".
  const known = new Set(
    texts.filter((text) => /^[a-z_]+$/i.test(text)).map((text) => text.toUpperCase()),
  )
  return roles.find((role) => known.has(role))
}

/** A claim that is a text, and one that PostgreSQL can be asked for. */
function textOf(claim: unknown): string | null {
  return typeof claim === 'string' && claim.trim() && isStorable(claim) ? claim : null
}
