/**
 * What an answer has read is counted by its own text: each object says its points by white space
 * before it, which JSON allows there and which nothing else in an answer contains, as texts escape
 * theirs. A line feed is a point, a tab is five.
 */
const one = '\n'
const five = '\t'

export function pointsText(points: number): string {
  return five.repeat(Math.floor(points / 5)) + one.repeat(points % 5)
}

/** Every operation costs a point at least. */
export function pointsIn(text: string): number {
  return Math.max(1, count(text, one) + 5 * count(text, five))
}

function count(text: string, mark: string): number {
  let marks = 0
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) marks += 1
  return marks
}
