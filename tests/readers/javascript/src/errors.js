// What can be wrong with a trace.

/** This cannot be read at all: it is no trace, or it needs a newer reader. The message is one sentence. */
export class TraceError extends Error {
  name = 'TraceError'
}

/** A frame or a record that is not good: what was expected, and what is there. */
export class Bad extends Error {
  constructor(expected, found, kind = 'damage') {
    super(`expected ${expected}, found ${found}`)
    Object.assign(this, { expected, found: String(found), kind })
  }
}

export function need(good, expected, found, kind) {
  if (!good) throw new Bad(expected, found, kind)
}

/** Checks a limit of the specification. */
export function within(value, most, what) {
  if (value > most) throw new Bad(`at most ${most} ${what}`, value, 'limit')
}

/** A text of a stranger, without what a terminal would obey. */
export const printable = text => text.replace(/[^ -~]/gu, '?')

export function sentenceOf({ offset, kind, expected, found }) {
  if (kind === 'cut') return `the trace is cut off at offset ${offset} (${expected} expected, ${found} there); everything before is good`
  if (kind === 'limit') return `at offset ${offset} this reader refuses what is beyond the limits of the specification: ${expected}, found ${found}`
  const where = { gap: `before offset ${offset} a block is missing`, order: `at offset ${offset} a block is out of order` }[kind]
  return `${where ?? `damaged at offset ${offset}`}: expected ${expected}, found ${found}`
}
