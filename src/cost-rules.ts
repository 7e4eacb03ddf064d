import {
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql'
import { defaultPageSize, maxPageSize } from './connection.ts'
import type { SelectedField, Selection, Variables } from './selection.ts'

/** What a field says of its cost where it is declared, as `extensions: { cost: … }`. */
export interface FieldCost {
  /** How many items its list is taken to have; `items`: as many as the mutation above has. */
  size?: number | 'items'
  /** The path in its arguments to the list of what it is about. */
  items?: readonly string[]
  /** What it costs with all that is selected of it. */
  fixed?: number
  /**
   * The argument that says how many items its numbered page has, which then costs as one of a
   * connection does, and something for all that lie before it.
   */
  page?: string
}

/** What costs something of an object. */
export interface Shape {
  /** What the answer has of it, by which an object of one type is told from one of another. */
  keys: readonly string[]
  parts: readonly Part[]
}

/** A field that costs something, or one item of it where it is a list. */
export interface Part {
  key: string
  base: number
  /** Whether the base is paid even where there is nothing. */
  isAlways: boolean
  /** How many items its list is taken to have; null where it is no list. */
  size: number | null
  /** What costs something below it, for each type that it can turn out to be. */
  below: readonly Shape[]
}

const mutationCost = 10
const introspectionCost = 100
const defaultListSize = 10
const passingOverCost = 5

/** The rules of cost applied to what an operation selects, each merged selection once. */
export function shapeOfOperation(root: Selection, isMutation: boolean): Shape {
  const known = new Map<Selection, Shape>()
  return isMutation ? shape(root, mutationPart) : shapeOf(root, 0)

  function shape({ fields }: Selection, partOf: (field: SelectedField) => Part | null): Shape {
    return {
      keys: fields.map(({ key }) => key),
      parts: fields.map(partOf).filter((part) => part !== null),
    }
  }

  function shapeOf(selection: Selection, items: number): Shape {
    const remembered = known.get(selection)
    if (remembered) return remembered
    const made = shape(selection, (field) => partOf(field, items))
    known.set(selection, made)
    return made
  }

  function below(field: SelectedField, items = 0): Shape[] {
    return field.below().map((selection) => shapeOf(selection, items))
  }

  function mutationPart(field: SelectedField): Part | null {
    if (!field.definition) return partOf(field, 0)
    const items = itemsOf(field) ?? 0
    const base = mutationCost * (1 + items)
    return { key: field.key, base, isAlways: true, size: null, below: below(field, items) }
  }

  /** An object costs 1, and as much for each item of a list; what has no parts is free. */
  function partOf(field: SelectedField, items: number): Part | null {
    const { key, name, definition } = field
    const part = { key, base: 1, isAlways: false, size: null, below: [] }
    if (!definition) {
      return name === '__typename' ? null : { ...part, base: introspectionCost, isAlways: true }
    }
    const { fixed, size, page } = declaredCost(field)
    if (fixed !== undefined) return { ...part, base: fixed }
    if (!isCompositeType(getNamedType(definition.type))) return null
    if (page || isConnection(definition.type)) return pagePart(field)
    if (!isListType(getNullableType(definition.type))) {
      return { ...part, below: below(field, items) }
    }
    const length = itemsOf(field) ?? (size === 'items' ? items : size) ?? defaultListSize
    return { ...part, size: length, below: below(field, items) }
  }

  /** A page costs its items, and as much as their number where nothing of them is selected. */
  function pagePart(field: SelectedField): Part {
    const size = pageSize(field)
    const page = field.below().map((selection) =>
      shape(selection, (part) => {
        if (part.name === 'pageInfo') return null
        if (part.name !== 'nodes' && part.name !== 'edges') return partOf(part, 0)
        const items = part.name === 'nodes' ? below(part) : part.below().map(edgeShape)
        return { key: part.key, base: 1, isAlways: false, size, below: items }
      }),
    )
    const isListed = page.some(({ parts }) => parts.some((part) => part.size !== null))
    const passedOver = declaredCost(field).page ? passingOverCost : 0
    const base = passedOver + (isListed ? 0 : size)
    return { key: field.key, base, isAlways: false, size: null, below: page }
  }

  /** An edge and its node are one item. */
  function edgeShape(selection: Selection): Shape {
    return shape(selection, (field) =>
      field.name === 'node'
        ? { key: field.key, base: 0, isAlways: false, size: null, below: below(field) }
        : partOf(field, 0),
    )
  }
}

function declaredCost({ definition }: SelectedField): FieldCost {
  return (definition?.extensions.cost as FieldCost | undefined) ?? {}
}

/** How many things a field is about, if its arguments tell. More than it takes it refuses itself. */
function itemsOf(field: SelectedField): number | undefined {
  const [name, ...path] = declaredCost(field).items ?? []
  if (name === undefined) return undefined
  let value = field.argument(name)
  for (const key of path) value = (value as Variables | null | undefined)?.[key]
  const length = Array.isArray(value) ? value.length : value == null ? 0 : 1
  return Math.min(length, maxPageSize)
}

/** A size that the list will refuse is taken for the largest. */
function pageSize(field: SelectedField): number {
  const { page } = declaredCost(field)
  const given = page ? field.argument(page) : (field.argument('first') ?? field.argument('last'))
  const size = given ?? defaultPageSize
  const allowed = Number.isInteger(size) && (size as number) >= 0 && (size as number) <= maxPageSize
  return allowed ? (size as number) : maxPageSize
}

/** By its fields, as the Relay specification has it. */
function isConnection(type: GraphQLOutputType): boolean {
  const object = getNullableType(type)
  if (!isObjectType(object)) return false
  const { edges, pageInfo } = object.getFields()
  return edges !== undefined && pageInfo !== undefined
}
