import { randomUUID } from 'node:crypto'
import type { GraphqlAnswer } from '../harness.ts'
import type { Actor, Deal, State } from './state.ts'

/** What a mutation answered, in the shape of the command's selection. */
export type Payload = GraphqlAnswer['data']

/** A mutation: how random numbers become its input, and what it does to the model. */
export interface Command<Input extends object = object> {
  /** How often it is tried, compared to the others. */
  weight: number
  /** The only role that may use it. */
  role?: 'ADMIN'
  /** What is asked of its payload; the ids of what it made are taken from there. */
  selection: string
  input(state: State, pick: Picks, by: Actor): Input
  /**
   * Does in the model what the mutation does, or refuses. Returns what the payload shall hold, if
   * that is of interest.
   */
  apply(state: State, input: Input, asked: { by: Actor; payload: Payload }): object | undefined
}

/** A user error as the model writes it: its code, where in the input, and what else it tells. */
export function told({ code, path, ...others }: Payload): string {
  const texts = Object.values<Payload>(others).map((value) =>
    [value].flat().map((item: Payload) => item.id ?? item),
  )
  return [code, path.slice(1).join('.'), ...texts].join(' ')
}

/** Reads random numbers one after another. A zero picks what is plainest, so that runs shrink. */
export class Picks {
  readonly #numbers: number[]
  #next = 0

  constructor(numbers: number[]) {
    this.#numbers = numbers
  }

  number(below: number): number {
    const number = this.#numbers[this.#next++] ?? 0
    return number % below
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.number(times) === times - 1
  }

  from<T>(list: readonly T[]): T {
    return list[this.number(list.length)] as T
  }

  /** An id of one of these, rarely of nothing. */
  idOf(noun: string, list: readonly { id: string | null }[]): string {
    const known = list.filter(({ id }) => id !== null)
    if (known.length === 0 || this.once(25)) return `${noun}_${randomUUID()}`
    return this.from(known).id as string
  }

  /** Up to so many different ids. */
  idsOf(noun: string, list: readonly { id: string }[], most: number): string[] {
    const ids = Array.from({ length: this.number(most + 1) }, () => this.idOf(noun, list))
    return [...new Set(ids)]
  }

  /** Some of the fields of an input: the others are left out. */
  some<Fields extends object>(fields: { [K in keyof Fields]: () => Fields[K] }, oneIn: number) {
    const chosen: Partial<Fields> = {}
    for (const key of Object.keys(fields) as (keyof Fields)[])
      if (this.once(oneIn)) chosen[key] = fields[key]()
    return chosen
  }
}

export const isLive = ({ deletedAt }: Deal) => deletedAt === null

/** The deal of an input at its version: mostly one that the input is meant for. */
export function versioned(state: State, pick: Picks, isMeant: (deal: Deal) => boolean = isLive) {
  const meant = state.deals.filter(isMeant)
  const deals = meant.length === 0 || pick.once(10) ? state.deals : meant
  const dealId = pick.idOf('deal', deals)
  const version = state.deals.find(({ id }) => id === dealId)?.version ?? 1
  return { dealId, expectedVersion: pick.once(15) ? version - 1 : version }
}

/** The deal of an input, if it is known. */
export function dealOf(state: State, { dealId }: { dealId: string }): Deal | undefined {
  return state.deals.find(({ id }) => id === dealId)
}
