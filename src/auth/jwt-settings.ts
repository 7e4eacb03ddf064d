import { z } from 'zod'
import type { ClaimNames } from './claims.ts'
import type { KeySource } from './jwks.ts'
import { type Role, roles } from './scopes.ts'

/** Which tokens are taken, and how they are read. */
export interface JwtSettings {
  keys: KeySource
  issuer: string
  audience: string[]
  algorithms: string[]
  clockToleranceSeconds: number
  claims: ClaimNames
  /** The role of members who are created when they first come; null when none are. */
  createMembersAs: Role | null
}

/** Those with a public key. With a shared secret, and with none at all, anybody could sign. */
const publicKeyAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)
const names = list.pipe(z.array(z.string()).min(1, 'must name at least one'))
const algorithms = names.refine(
  (given) => given.every((name) => publicKeyAlgorithms.includes(name)),
  `may only name ${publicKeyAlgorithms.join(', ')}`,
)
const claim = z.string().min(1)

const variables = z.object({
  JWT_JWKS_URL: z
    .string()
    .refine(isSafeUrl, 'must be an https URL without a password, or http on this machine')
    .optional(),
  JWT_JWKS_FILE: z.string().min(1).optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: names.optional(),
  JWT_ALGORITHMS: algorithms.default(['RS256', 'ES256', 'EdDSA']),
  JWT_CLOCK_TOLERANCE_SECONDS: z.coerce.number().int().min(0).max(300).default(30),
  JWT_TENANT_CLAIM: claim.default('tenant'),
  JWT_SUBJECT_CLAIM: claim.default('sub'),
  JWT_ROLE_CLAIM: claim.optional(),
  JWT_NAME_CLAIM: claim.default('name'),
  JWT_EMAIL_CLAIM: claim.default('email'),
  JWT_CREATE_MEMBERS_AS: z.enum(roles).optional(),
})

type Variables = z.infer<typeof variables>

/** What the environment says of tokens, or null where none are taken. */
export const jwtEnvironment = variables
  .superRefine((given, context) => {
    for (const [name, message] of contradictions(given)) {
      context.addIssue({ code: 'custom', path: [name], message })
    }
  })
  .transform(settingsOf)

function contradictions(given: Variables): [keyof Variables, string][] {
  const { JWT_JWKS_URL: url, JWT_JWKS_FILE: file } = given
  if (url && file) return [['JWT_JWKS_FILE', 'must not be set beside JWT_JWKS_URL']]
  const needed = ['JWT_ISSUER', 'JWT_AUDIENCE'] as const
  if (url || file) {
    const missing = needed.filter((name) => given[name] === undefined)
    const source = url ? 'JWT_JWKS_URL' : 'JWT_JWKS_FILE'
    return missing.map((name) => [name, `must be set with ${source}`])
  }
  const useless = [...needed, 'JWT_ROLE_CLAIM', 'JWT_CREATE_MEMBERS_AS'] as const
  const set = useless.filter((name) => given[name] !== undefined)
  return set.map((name) => [name, 'does nothing without JWT_JWKS_URL or JWT_JWKS_FILE'])
}

function settingsOf(given: Variables): JwtSettings | null {
  const { JWT_JWKS_URL: url, JWT_JWKS_FILE: file, JWT_ISSUER: issuer } = given
  const keys = url ? { url } : file ? { file } : null
  if (!keys || !issuer) return null
  return {
    keys,
    issuer,
    audience: given.JWT_AUDIENCE ?? [],
    algorithms: given.JWT_ALGORITHMS,
    clockToleranceSeconds: given.JWT_CLOCK_TOLERANCE_SECONDS,
    claims: {
      tenant: given.JWT_TENANT_CLAIM,
      subject: given.JWT_SUBJECT_CLAIM,
      role: given.JWT_ROLE_CLAIM ?? null,
      name: given.JWT_NAME_CLAIM,
      email: given.JWT_EMAIL_CLAIM,
    },
    createMembersAs: given.JWT_CREATE_MEMBERS_AS ?? null,
  }
}

/** Whoever can change keys on their way can sign anything. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username || password) return false
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLocal)
}
