type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const prefixed = /^[a-z_]+_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const instant = /^\d{4}-\d\d-\d\dT/
const lists = new Set(['contacts', 'stages', 'totals'])

/**
 * An answer in the shape that those of all candidates have: ids without prefix, amounts as numbers,
 * instants to the millisecond, lists as lists, aliases of ad-hoc texts as their field, and cursors, which are each one's own, only as present.
 */
export function commonShape(answer: string): Json {
  const { data, errors } = JSON.parse(answer)
  if (errors) throw new Error(`An answer has errors: ${answer.slice(0, 2_000)}`)
  return shapeOf('', data)
}

function shapeOf(key: string, value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => shapeOf('', item))
  if (typeof value === 'string') return shapeOfText(key, value)
  if (value === null || typeof value !== 'object') return value
  if (lists.has(key) && value.nodes) return shapeOf(key, value.nodes)
  const entries = Object.entries(value).map(([name, inner]): [string, Json] => {
    const isName = (name === 'pipeline' || name === 'stage') && nameIn(inner) !== undefined
    if (isName) return [`${name}Name`, nameIn(inner) as Json]
    return [name.replace(/^page\d+$/, 'deals'), shapeOf(name, inner)]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The name of a pipeline or stage of which nothing else was asked. */
function nameIn(value: Json): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  return Object.keys(value).length === 1 ? value.name : undefined
}

function shapeOfText(key: string, value: string): Json {
  if (key === 'amount') return Number(value)
  if (key === 'endCursor') return 'a cursor'
  if (instant.test(value)) return new Date(value).toISOString()
  return prefixed.exec(value)?.[1] ?? value
}

/** What a move came to, whichever way it is told; throws where it was refused. */
export function moveOutcome(answer: string): Json {
  const { data, errors } = JSON.parse(answer)
  const payload = data?.benchMoveDeal?.result ?? data?.moveDeal ?? data
  const { deal, stageChange } = payload ?? {}
  const refused = payload?.errorCode ?? payload?.error_code ?? payload?.userErrors?.[0]?.code
  if (errors || !payload || refused) throw new Error(`A move was refused: ${answer}`)
  return {
    version: deal?.version ?? payload.version,
    stageName: deal?.stageName ?? deal?.stage?.name ?? payload.stageName ?? payload.stage_name,
    seq: stageChange?.seq ?? payload.seq,
    toStageName: stageChange?.toStageName ?? payload.toStageName ?? payload.to_stage_name,
  }
}
