import { maxNameLength } from './texts.ts'
import { invalid, type UserError } from './user-errors.ts'

const emailForm = /^[^\s@]+@[^\s@]+$/
const label = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]*[\\p{L}\\p{M}\\p{N}])?'
const domainForm = new RegExp(`^${label}(?:\\.${label})+$`, 'u')

/** Why this cannot be an email address; empty when it can, or when there is none. */
export function checkEmail(email: string | null | undefined, path: string[]): UserError[] {
  if (email == null) return []
  if (!emailForm.test(email)) return [invalid('An email looks like ada@acme.example.', path)]
  return checkLength('An email', email, path)
}

/** Why this cannot be an internet domain; empty when it can, or when there is none. */
export function checkDomain(domain: string | null | undefined, path: string[]): UserError[] {
  if (domain == null) return []
  const hint = 'A domain looks like acme.example, without https:// and without a path.'
  return domainForm.test(domain) ? checkLength('A domain', domain, path) : [invalid(hint, path)]
}

/** An index finds them by all of their text, and takes no longer ones. */
function checkLength(what: string, text: string, path: string[]): UserError[] {
  if ([...text].length <= maxNameLength) return []
  return [invalid(`${what} has at most ${maxNameLength} characters.`, path)]
}
