import { createHash } from 'node:crypto'

type State = [number, number, number, number]

/** Numbers that only look random: the same seed and run give the same ones, whatever ran before. */
export class Random {
  #state: State

  constructor(seed: number, run: number | string) {
    const digest = createHash('sha256').update(`${seed} ${run}`).digest()
    this.#state = [0, 4, 8, 12].map((at) => digest.readInt32LE(at)) as State
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return Math.floor((this.#next() / 2 ** 32) * bound)
  }

  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability
  }

  pick<const T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('there is nothing to pick from')
    return items[this.below(items.length)] as T
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items]
    return items.map(() => rest.splice(this.below(rest.length), 1)[0] as T)
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.below(16).toString(16)).join('')
  }

  /** Chris Doty-Humphrey's sfc32. */
  #next(): number {
    let [a, b, c, counter] = this.#state
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    this.#state = [a, b, c, counter]
    return sum >>> 0
  }
}
