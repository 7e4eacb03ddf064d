import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Viewer } from '../auth/viewer.ts'
import { codedError, type ErrorCode, errorStatus } from '../errors.ts'
import { BoundedInputs } from './inputs.ts'
import { depthOf, isStorable, maxDepth, maxTokens, unstorable } from './limits.ts'

/** Documents are remembered up to this number, and up to this many characters of text in all. */
const cachedDocuments = 1_000
const cachedCharacters = 16_000_000

const mostErrors = 20
const rules = [...specifiedRules, BoundedInputs]

/** The one way from a request's text to a document that may be executed, for every transport. */
export type PrepareOperation = (text: string, viewer: Viewer | null) => DocumentNode

/**
 * Parses, limits and validates a document, in this order, so that no step sees what the one before
 * refuses. It throws a GraphQLError, or an array of them, each with its code and HTTP status.
 * Documents that pass are remembered by their text.
 */
export function createPrepareOperation(schema: GraphQLSchema): PrepareOperation {
  const prepared = new LRUCache<string, DocumentNode>({
    max: cachedDocuments,
    maxSize: cachedCharacters,
    sizeCalculation: (_, text) => text.length,
  })
  return (text, viewer) => {
    const known = prepared.get(text)
    const document = known ?? parseWithinLimits(text)
    if (!viewer && !isPublic(document)) {
      throw refusal(
        'UNAUTHENTICATED',
        'Send an API key as `Authorization: Bearer dg_…` or `x-api-key: dg_…`.',
      )
    }
    if (known) return known
    refuseUnstorableTexts(document)
    const errors = validate(schema, document, rules, { maxErrors: mostErrors })
    if (errors.length > 0) throw new AggregateError(errors.map(invalidDocument))
    prepared.set(text, document)
    return document
  }
}

function parseWithinLimits(text: string): DocumentNode {
  const document = parseDocument(text)
  const depth = depthOf(document)
  if (depth <= maxDepth) return document
  throw refusal(
    'TOO_DEEP',
    `The document is ${depth} fields deep; at most ${maxDepth} are allowed.`,
  )
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

/**
 * Without a credential only `__typename` can be asked for, which tells that the gateway is there
 * and nothing else.
 */
function isPublic(document: DocumentNode): boolean {
  return document.definitions.every(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION &&
      node.selectionSet.selections.every(
        (field) => field.kind === Kind.FIELD && field.name.value === '__typename',
      ),
  )
}

function invalidDocument(error: GraphQLError): GraphQLError {
  return withCode(error, 'GRAPHQL_VALIDATION_FAILED')
}

/**
 * Refuses a request before it is executed. The status holds for answers in the newer media type, as
 * the HTTP spec has it.
 */
function refusal(code: ErrorCode, message: string): GraphQLError {
  return withCode(new GraphQLError(message), code)
}

function withCode(error: GraphQLError, code: ErrorCode): GraphQLError {
  const http = { status: errorStatus[code], spec: code !== 'UNAUTHENTICATED' }
  const { message, nodes, source, positions } = error
  return codedError(code, message, { http }, { nodes, source, positions })
}
