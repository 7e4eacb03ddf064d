import type { World } from './world.ts'

export const deadlineMs = 10_000

/** What came back, and how long that took; the status is 0 where nothing did. */
export interface Answered {
  status: number
  text: string
  ms: number
}

/** Waits for the answer of an app, but not for ever. */
export async function answerTo(response: Promise<Response>): Promise<Answered> {
  const started = performance.now()
  const given = await Promise.race([response, later(2 * deadlineMs)])
  const text = given ? await given.text() : ''
  return { status: given?.status ?? 0, text, ms: performance.now() - started }
}

function later(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null).unref())
}

/** The value of a JSON text; null where it is none. */
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its reader looks for.
export function parsed(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Knows whose everything is, and so what must not be in an answer. */
export class Watch {
  readonly world: World
  #ownerOf = new Map<string, number>()
  /** What each tenant has sent: its answers may have it, whoever else has it too. */
  #sent = [new Set<string>(), new Set<string>()]

  constructor(world: World) {
    this.world = world
    for (const [by, { ids }] of world.tenants.entries()) {
      for (const [uuid] of JSON.stringify(ids).matchAll(uuids)) this.#ownerOf.set(uuid, by)
    }
  }

  /** What is wrong with an answer of whatever kind; empty when nothing is. */
  objections(by: 0 | 1, sent: string, { status, ms, text }: Answered): string[] {
    return [
      ...(status === 0 || ms > deadlineMs ? [`it took ${Math.round(ms)} ms`] : []),
      ...this.#strangers(by, sent, text).map((what) => `${what} is of the other tenant`),
    ]
  }

  #strangers(by: 0 | 1, sent: string, answered: string): string[] {
    for (const [uuid] of sent.matchAll(uuids)) this.#sent[by]?.add(uuid)
    const found = new Set([...answered.matchAll(uuids)].map(([uuid]) => uuid))
    const strangers: string[] = []
    for (const uuid of found) {
      const owner = this.#ownerOf.get(uuid) ?? by
      if (this.#sent[by]?.has(uuid)) continue
      if (owner !== by) strangers.push(uuid)
      this.#ownerOf.set(uuid, owner)
    }
    const { slug } = this.world.tenants[by ? 0 : 1].t
    return answered.includes(slug) ? [...strangers, slug] : strangers
  }

  /** What the gateway has logged of faults since it was asked. */
  faultsOf(by: 0 | 1): string[] {
    const faults = this.world.tenants[by].t.logged.filter(({ err }) => err)
    return faults.map(({ err }) => JSON.stringify(err))
  }
}
