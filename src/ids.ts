import { v7 } from 'uuid'
import { codedError } from './errors.ts'

const form = /^([a-z]+(?:_[a-z]+)*)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A new id: a UUIDv7, so that rows made one after another lie side by side in an index. */
export function newId(): string {
  return v7()
}

/** `StageChange` and its uuid become `stage_change_<uuid>`, the only form of an id that the API knows. */
export function encodeId(typename: string, id: string): string {
  return `${typename.replace(/\B[A-Z]/g, '_$&').toLowerCase()}_${id}`
}

export function decodeId(id: string): { typename: string; id: string } {
  const [, prefix, uuid] = form.exec(id) ?? []
  if (!prefix || !uuid)
    throw invalidId(id, 'Ids look like deal_0198c0de-… and are made by this API.')
  const typename = prefix.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return { typename, id: uuid }
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
