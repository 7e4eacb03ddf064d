import { type GraphQLSchema, isObjectType } from 'graphql'
import { v7 } from 'uuid'
import { codedError } from './errors.ts'

const form = /^([a-z]+(?:_[a-z]+)*)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A new id: a UUIDv7, so that rows made one after another lie side by side in an index. */
export function newId(): string {
  return v7()
}

/**
 * `StageChange` and its uuid become `stage_change_<uuid>`, the only form of an id that the API
 * knows.
 */
export function encodeId(typename: string, id: string): string {
  return `${typename.replace(/\B[A-Z]/g, '_$&').toLowerCase()}_${id}`
}

export interface DecodedId {
  typename: string
  id: string
}

export function decodeId(id: string): DecodedId {
  const [, prefix, uuid] = form.exec(id) ?? []
  if (!prefix || !uuid)
    throw invalidId(id, 'Ids look like deal_0198c0de-… and are made by this API.')
  const typename = prefix.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return { typename, id: uuid }
}

/** The same for an argument that may be left out; only null is no id. */
export function optionalIdOf(typename: string, id: string | null | undefined): string | null {
  return id == null ? null : idOf(typename, id)
}

/** The id itself when it is of a type that `node` can look up. */
export function nodeIdIn(schema: GraphQLSchema, decoded: DecodedId): DecodedId {
  const type = schema.getType(decoded.typename)
  const interfaces = isObjectType(type) ? type.getInterfaces() : []
  if (interfaces.some(({ name }) => name === 'Node')) return decoded
  throw invalidId(encodeId(decoded.typename, decoded.id), 'There is no such type of id.')
}

function invalidId(id: string, hint: string) {
  return codedError('INVALID_ID', `"${id.slice(0, 80)}" is not a valid id here. ${hint}`)
}

/** The uuid inside an id that must be of the named type. */
export function idOf(typename: string, id: string): string {
  const decoded = decodeId(id)
  if (decoded.typename === typename) return decoded.id
  throw invalidId(id, `It is of type ${decoded.typename}, and a ${typename} is needed.`)
}

/** Clients write the algorithm before the hash that is an operation's id, or leave it out: it is one id. */
export function bareOperationId(id: string): string {
  return id.replace(/^sha256:/, '')
}
