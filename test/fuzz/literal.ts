import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'

const name = /^[_A-Za-z][_0-9A-Za-z]*$/

/** The value as a document writes it; null where it can only be a variable. */
export function literalOf(type: GraphQLInputType, value: unknown): string | null {
  if (isNonNullType(type)) return literalOf(type.ofType, value)
  if (value === null || value === undefined) return 'null'
  if (isListType(type)) {
    if (!Array.isArray(value)) return literalOf(type.ofType, value)
    return joined(value.map((item) => literalOf(type.ofType, item)))
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields()
    const texts = Object.entries(value).map(([key, item]) => {
      const text = fields[key] && literalOf(fields[key].type, item)
      return text == null ? null : `${key}: ${text}`
    })
    return texts.includes(null) ? null : `{ ${texts.join(', ')} }`
  }
  return isEnumType(type) ? String(value) : plainLiteral(value)
}

function plainLiteral(value: unknown): string | null {
  if (Array.isArray(value)) return joined(value.map(plainLiteral))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const texts = Object.entries(value).map(([key, item]) => {
    const text = plainLiteral(item)
    return text === null || !name.test(key) ? null : `${key}: ${text}`
  })
  return texts.includes(null) ? null : `{ ${texts.join(', ')} }`
}

function joined(texts: (string | null)[]): string | null {
  return texts.includes(null) ? null : `[${texts.join(', ')}]`
}
