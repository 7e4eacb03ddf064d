import { beforeAll, describe, expect, it } from 'vitest'
import type { AppOptions } from '../src/app.ts'
import { type ActiveOperation, createWarmUp } from '../src/persisted/warm.ts'
import { restDocuments } from '../src/rest/rest.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'
import { hashOf, roleText } from './persisted-fixtures.ts'

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
})

function operation(text: string, name: string): ActiveOperation {
  const versions = ['1.4.0', '1.5.0']
  return { tenantSlug: 'acme', client: 'ios', versions, operationId: hashOf(text), name, text }
}

const good = operation(roleText, 'Role')
const gone = operation('query Gone { viewer { nickname } }', 'Gone')
const dear = operation(
  'query Dear { deals(first: 100) { nodes { contacts { contact { name } } history(first: 100) { nodes { actor { name } } } } } }',
  'Dear',
)

/** A gateway in whose field there are these operations. */
function gateway(operations: ActiveOperation[], options: Partial<AppOptions> = {}) {
  const checked: string[] = []
  const logged: Record<string, unknown>[] = []
  const app = appFor(t, {
    activeOperations: async function* () {
      yield* operations
    },
    log: auditedLog((line) => logged.push(line)),
    onCheck: (text) => checked.push(text),
    ...options,
  })
  const ready = async () => {
    const response = await app.fetch(new Request('http://localhost/health/ready'))
    return { ...((await response.json()) as { reasons?: string[] }), status: response.status }
  }
  const broken = () => logged.filter(({ msg }) => msg === 'an active operation is broken')
  return { ready, checked, broken }
}

describe('a gateway', () => {
  it('is ready once it has parsed and validated what apps may send', async () => {
    const { ready, checked } = gateway([good, operation('{ rateLimit { available } }', 'Rest')])
    expect(await ready()).toEqual({ status: 200 })
    expect(checked).toEqual([...restDocuments, roleText, '{ rateLimit { available } }'])
    await ready()
    expect(checked).toHaveLength(restDocuments.length + 2)
  })

  it('is not ready while the schema does not serve one of its own documents', async () => {
    const warm = (text: string) => {
      if (text.includes('gone')) throw new Error('Cannot query field "gone".')
    }
    const own = ['query Here { viewer }', 'query Own { gone }']
    const active = async function* () {}
    const warmUp = createWarmUp({ own, active, warm, log: auditedLog(), allowBroken: false })
    expect(await warmUp()).toEqual([
      'The gateway’s own "query Own { gone }" is broken: Cannot query field "gone".',
    ])
  })

  it('is ready where its limits are too low for its own routes', async () => {
    const { ready } = gateway([good], { costLimit: 5 })
    expect(await ready()).toEqual({ status: 200 })
  })

  it.each([
    ['the schema does not serve', gone, 'Cannot query field "nickname" on type "Viewer".'],
    ['costs more than is allowed', dear, 'at most 10000 are allowed'],
    ['does not parse', operation('query {', 'Torn'), 'Syntax Error'],
  ])('does not become ready while one %s', async (_what, bad, problem) => {
    const { ready, broken } = gateway([good, bad])
    const { status, reasons = [] } = await ready()
    expect([status, reasons.length]).toEqual([503, 1])
    const title = `${bad.name} (${bad.operationId}) of ios 1.4.0, 1.5.0, tenant acme, is broken: `
    expect(reasons[0]).toContain(title)
    expect(reasons[0]).toContain(problem)
    expect(broken()).toEqual([expect.objectContaining({ level: 50, reason: reasons[0] })])
  })

  it('becomes ready when the release is retired, and tells each problem once', async () => {
    const operations = [good, gone]
    const { ready, broken } = gateway(operations)
    expect([(await ready()).status, (await ready()).status]).toEqual([503, 503])
    expect(broken()).toHaveLength(1)
    operations.pop()
    expect(await ready()).toEqual({ status: 200 })
  })

  it('is ready in spite of them where that is allowed, and tells them', async () => {
    const { ready, broken } = gateway([gone, good], { allowBrokenOperations: true })
    expect(await ready()).toEqual({ status: 200 })
    expect(broken()).toHaveLength(1)
  })

  it('names twenty of many', async () => {
    const many = Array.from({ length: 25 }, (_, index) =>
      operation(`{ gone${index} }`, `Gone${index}`),
    )
    const { reasons = [] } = await gateway(many).ready()
    expect([reasons.length, reasons.at(-1)]).toEqual([21, '5 more operations are broken.'])
  })
})
