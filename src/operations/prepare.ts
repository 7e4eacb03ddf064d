import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type Access, isOpenTo } from '../auth/access.ts'
import type { Viewer } from '../auth/viewer.ts'
import { codedError, type ErrorCode, errorStatus } from '../errors.ts'
import { TooTangled } from '../selection.ts'
import { isStorable, unstorable } from '../texts.ts'
import { type About, aboutOf } from './about.ts'
import type { OperationCost } from './cost.ts'
import { BoundedInputs } from './inputs.ts'
import { type CostOf, createCostOf } from './known-costs.ts'
import { excessOf, maxTokens, mostErrors } from './limits.ts'
import { UnconditionalSubscription } from './unconditional.ts'

/** Documents are remembered up to this number, and up to what they are taken to hold in all. */
const adHoc = { max: 1_000, maxSize: 32_000_000 }
/** Those of registered operations by themselves, so that nothing ad hoc can push them out. */
const registered = { max: 10_000, maxSize: 128_000_000 }
const bytesOfCharacter = 2
const bytesOfToken = 250

const rules = [...specifiedRules, BoundedInputs, UnconditionalSubscription]

export interface OperationRequest {
  text: string
  operationName?: string | null
  variables?: Record<string, unknown> | null
  viewer: Viewer | null
  /** Whether it is the text of a registered operation. */
  isRegistered?: boolean
}

/** What may be executed. */
export interface PreparedOperation {
  document: DocumentNode
  isRegistered: boolean
  /** Null where the request does not say which of the document's operations it wants. */
  operation: OperationDefinitionNode | null
  /** Null where there is no operation. */
  cost: OperationCost | null
}

/** The one way from a request to a document that may be executed, for every transport. */
export interface Preparation {
  prepare(request: OperationRequest): PreparedOperation
  /** Has a registered document parsed and validated before it is asked for, or throws as above. */
  warm(text: string): DocumentNode
}

export interface PrepareOptions {
  /** Who may ask for the schema by introspection. */
  introspection: Access
  /** Whether errors guess what a misspelt name was meant to be. */
  suggestions: boolean
  /** The most points that an operation may cost. */
  costLimit: number
  /** Sees each text that is parsed and validated, which is one that is not remembered. */
  onCheck?: ((text: string) => void) | undefined
}

/** A document within the limits, and what decides who may ask for it. */
interface KnownDocument extends About {
  document: DocumentNode
}

/**
 * Parses, limits, validates and costs a document, in this order, so that no step sees what the one
 * before refuses. It throws a GraphQLError, or an array of them, each with its code and HTTP status.
 * Documents that pass are remembered by their text, and costs by the variables that they depend on.
 */
export function createPreparation(schema: GraphQLSchema, options: PrepareOptions): Preparation {
  const documents = {
    adHoc: new LRUCache<string, KnownDocument>({ ...adHoc, sizeCalculation: sizeOf }),
    registered: new LRUCache<string, KnownDocument>({ ...registered, sizeCalculation: sizeOf }),
  }
  const costOf = createCostOf(schema)
  const know = (text: string, isRegistered: boolean, allow: (known: KnownDocument) => void) => {
    const prepared = isRegistered ? documents.registered : documents.adHoc
    const remembered = prepared.get(text)
    if (!remembered) options.onCheck?.(text)
    const known = remembered ?? parseWithinLimits(text)
    allow(known)
    if (!remembered) {
      validateDocument(schema, known.document, options)
      prepared.set(text, known)
    }
    return known.document
  }
  return {
    prepare({ text, operationName, variables, viewer, isRegistered = false }) {
      const document = know(text, isRegistered, (known) => authorize(known, viewer, options))
      const operation = getOperationAST(document, operationName) ?? null
      const cost =
        operation && within(costOrRefusal(costOf, document, operation, variables ?? {}), options)
      return { document, operation, cost, isRegistered }
    },
    warm(text) {
      const document = know(text, true, () => {})
      const operation = getOperationAST(document)
      if (operation) within(costOrRefusal(costOf, document, operation, {}), options)
      return document
    },
  }
}

/** A document keeps its text, and nodes for its tokens. */
function sizeOf({ document }: KnownDocument, text: string): number {
  return bytesOfCharacter * text.length + bytesOfToken * (document.tokenCount ?? maxTokens)
}

function parseWithinLimits(text: string): KnownDocument {
  const document = parseDocument(text)
  const excess = excessOf(document)
  if (excess) throw refusal(excess.code, excess.message)
  return { document, ...aboutOf(document) }
}

/**
 * Without a credential only `__typename` can be asked for, which tells that the gateway is there
 * and nothing else, and introspection where that is public. All else is refused before it is
 * validated, which would tell what the schema has.
 */
function authorize(
  { isIntrospection, isAboutNoTenant }: KnownDocument,
  viewer: Viewer | null,
  { introspection }: PrepareOptions,
): void {
  if (isIntrospection && introspection === 'off') {
    throw refusal('INTROSPECTION_DISABLED', 'This gateway does not answer introspection.')
  }
  if (viewer || (isAboutNoTenant && (!isIntrospection || isOpenTo(introspection, viewer)))) return
  throw refusal(
    'UNAUTHENTICATED',
    'Send an API key or a token as `Authorization: Bearer …` or `x-api-key: …`.',
  )
}

/** Parses a text and holds it to the limits and to the schema, whoever may ask for it. */
export function checkDocument(
  schema: GraphQLSchema,
  text: string,
  options: Pick<PrepareOptions, 'suggestions'>,
): DocumentNode {
  const { document } = parseWithinLimits(text)
  validateDocument(schema, document, options)
  return document
}

function validateDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  { suggestions }: Pick<PrepareOptions, 'suggestions'>,
): void {
  refuseUnstorableTexts(document)
  const errors = validate(schema, document, rules, {
    maxErrors: mostErrors,
    hideSuggestions: !suggestions,
  })
  if (errors.length === 0) return
  if (errors.some(({ message }) => message === gaveUp))
    throw refusal('TOO_MANY_FIELDS', tooManyAlike)
  throw new AggregateError(oncePerMessage(errors).slice(0, mostErrors).map(invalidDocument))
}

/** What graphql-js says of fields under one name that are too many to compare with each other. */
const gaveUp = 'Validation aborted.'
const tooManyAlike =
  'The document selects the same fields too often to be checked: select each once, or use fragments.'

/** The same mistake in many places is one error with as many locations. */
function oncePerMessage(errors: readonly GraphQLError[]): GraphQLError[] {
  const nodes = new Map<string, ASTNode[]>()
  for (const error of errors) {
    nodes.set(error.message, [...(nodes.get(error.message) ?? []), ...(error.nodes ?? [])])
  }
  return [...nodes].map(([message, at]) => new GraphQLError(message, { nodes: at }))
}

function within(cost: OperationCost, { costLimit }: PrepareOptions): OperationCost {
  if (cost.requested <= costLimit) return cost
  throw refusal(
    'TOO_EXPENSIVE',
    `The operation costs up to ${cost.requested} points; at most ${costLimit} are allowed. Ask for smaller pages by \`first\`, or for less of each item, or in several operations.`,
    { cost: cost.requested, maximum: costLimit },
  )
}

/** What an operation costs, or a refusal where that cannot be told. */
export function costOrRefusal(costOf: CostOf, ...operation: Parameters<CostOf>): OperationCost {
  try {
    return costOf(...operation)
  } catch (error) {
    if (!(error instanceof TooTangled)) throw error
    throw refusal('TOO_EXPENSIVE', 'The fragments of the document lead to too much: use fewer.')
  }
}

function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (!error.message.includes(`more that ${maxTokens} tokens`)) {
      throw withCode(error, 'GRAPHQL_PARSE_FAILED')
    }
    throw refusal('TOO_MANY_TOKENS', `The document has more than ${maxTokens} tokens.`)
  }
}

function refuseUnstorableTexts(document: DocumentNode): void {
  visit(document, {
    StringValue({ value }) {
      if (!isStorable(value)) throw refusal('GRAPHQL_VALIDATION_FAILED', unstorable)
    },
  })
}

function invalidDocument(error: GraphQLError): GraphQLError {
  return withCode(error, 'GRAPHQL_VALIDATION_FAILED')
}

/**
 * Refuses a request before it is executed. The status holds for answers in the newer media type, as
 * the HTTP spec has it.
 */
function refusal(code: ErrorCode, message: string, extensions: object = {}): GraphQLError {
  return withCode(new GraphQLError(message), code, extensions)
}

function withCode(error: GraphQLError, code: ErrorCode, extensions: object = {}): GraphQLError {
  const http = { status: errorStatus[code], spec: code !== 'UNAUTHENTICATED' }
  const { message, nodes, source, positions } = error
  return codedError(code, message, { ...extensions, http }, { nodes, source, positions })
}
