// A trace as a whole.
import { rows } from './blocks.js'
import { Bad, TraceError, need, printable, sentenceOf, within } from './errors.js'
import { addressOf, eventOf } from './events.js'
import { MORE, Window, frames } from './frames.js'
import { NOBODY, Names } from './names.js'

const MAJOR = 1, FEATURES = ['merged'], MOST = 1000 // of a list of what was noticed: a hostile file may have any number
const LOSSES = { 1: 'ring-full', 2: 'connections-full', 3: 'processes-full', 6: 'listeners-full', 7: 'evicted', 8: 'damaged', 9: 'deleted' }
const KINDS = ['header', 'events', 'metadata', 'clock', 'loss', 'end']

/** What was noticed while a trace is read, and what its names are. Its generators yield MORE wherever bytes are needed. */
class Reading {
  header = null
  headers = []
  lost = {}
  losses = []
  end = null
  problems = []
  problemCount = 0
  unknown = new Set()
  #window = new Window()
  #records
  #start = null
  #isHeaded = false
  #current = null
  #budget
  #names

  constructor() {
    this.#reset()
    this.#records = this.#read()
  }

  push(chunk) {
    this.#window.push(chunk)
  }

  finish() {
    this.#window.isEnded = true
  }

  get pods() {
    return this.#list('pods', ['uid', 'namespace', 'name', 'node', 'owner', 'labels', 'claims'])
  }

  get containers() {
    return this.#list('containers', ['id', 'pod_uid', 'name', 'image'])
  }

  get services() {
    return this.#list('services', ['uid', 'namespace', 'name', 'claims'])
  }

  get nodes() {
    return this.#list('nodes', ['name', 'claims'])
  }

  *steps(level) {
    // Not yield*, which would end the generator that all share when the caller stops early
    for (let step = this.#records.next(); !step.done; step = this.#records.next()) {
      const record = step.value
      if (record === MORE) {
        yield MORE
      } else if (level === 'records') {
        yield { kind: record.kind, content: plain(record.content), offset: record.offset, size: record.size }
      } else if (record.kind === 'events') {
        yield* this.#rowsOf(record, level)
      }
    }
  }

  *#rowsOf(record, level) {
    try {
      const noted = rows(record.content, record.size, what => this.#noteUnknown(what))
      for (const row of noted) yield level === 'rows' ? row : this.#eventOf(row)
    } catch (bad) {
      if (!(bad instanceof Bad)) throw bad
      this.#report(problemOf(record, bad))
    }
  }

  #eventOf(row) {
    const names = this.#names.get(row.source ?? 0) ?? new Names(this.#budget)
    const far = row.far_cgroup || row.far_cgroup_v1 ? names.of(row.far_cgroup, row.far_cgroup_v1) : NOBODY
    return eventOf(row, this.#nodeOf(row), names.of(row.cgroup, row.cgroup_v1), far)
  }

  #nodeOf(row) {
    const merged = this.#current?.get('merged') ?? [], node = (merged[row.source ?? 0] ?? this.#current)?.get('node')
    return typeof node === 'string' ? node : ''
  }

  *#read() {
    for (const record of frames(this.#window, problem => this.#report(problem))) {
      if (record === MORE) {
        yield MORE
      } else if (record.kind === 'start') {
        this.#start = record
        this.#isHeaded = false
        this.#reset()
      } else if (record.kind === 'lost') {
        this.#inform()
      } else {
        try {
          this.#take(record)
        } catch (bad) {
          if (!(bad instanceof Bad)) throw bad
          this.#report(problemOf(record, bad))
          continue
        }
        yield record
      }
    }
  }

  #take(record) {
    const { kind, content } = record
    if (kind === 'header') {
      this.#takeHeader(content, record.size)
    } else if (!this.#isHeaded) {
      this.#isHeaded = true
      if (this.#start) refuseNewer(this.#start.major, this.#start.minor, [])
      this.#report({ offset: record.offset, kind: 'damage', expected: 'the header record', found: 'none' })
    }
    if (kind === 'metadata') this.#takeMetadata(record)
    else if (kind === 'loss') this.#takeLoss(content)
    else if (kind === 'end') this.end = plain(content)
    else if (!KINDS.includes(kind)) this.#noteUnknown(`record ${kind.slice(0, 64)}`)
  }

  #takeHeader(content, size) {
    const major = content.get('major'), minor = content.get('minor'), required = content.get('required') ?? []
    const merged = content.get('merged') ?? []
    need(Number.isInteger(major) && Number.isInteger(minor), 'a version', 'none')
    need(Array.isArray(required) && required.every(f => typeof f === 'string'), 'a list of required features', 'another type')
    refuseNewer(major, minor, required)
    need(Array.isArray(merged) && merged.every(m => m instanceof Map), 'a list of sources', 'another')
    within(merged.length, Math.min(4096, Math.floor((256 + size) / 16)), 'sources in such a frame')
    const absent = content.get('absent') ?? []
    need(Array.isArray(absent) && absent.every(a => Array.isArray(a) && a.length >= 2), 'a list of nodes', 'another')
    within(absent.length, Math.min(4096, 256 + size), 'nodes that gave nothing in such a frame')
    this.#reset()
    this.#isHeaded = true
    this.#current = content
    const header = plain(content)
    this.header ??= header
    if (this.headers.length < MOST) this.headers.push(header)
  }

  #takeMetadata({ content, size, length }) {
    const source = content.get('source') ?? 0
    need(Number.isInteger(source) && source >= 0 && source < 4096, 'a source', source)
    if (!this.#names.has(source)) this.#names.set(source, new Names(this.#budget))
    try {
      this.#names.get(source).take(content, size, length)
    } catch (bad) {
      this.#inform()
      throw bad
    }
  }

  #takeLoss(content) {
    const number = key => {
      const value = content.get(key) ?? 0
      need(Number.isInteger(value) || typeof value === 'bigint', 'numbers of a loss', 'others')
      return value
    }
    const source = LOSSES[number('source')] ?? `unknown(${number('source')})`
    const loss = { from: number('from'), to: number('to'), source, count: number('count'), total: number('total') }
    if (Object.keys(this.lost).length < MOST || source in this.lost)
      this.lost[source] = (this.lost[source] ?? 0) + Number(loss.count)
    if (this.losses.length < MOST) this.losses.push(loss)
  }

  #reset() {
    this.#budget = { parts: 0, bytes: 0 }
    this.#current = null
    this.#names = new Map([[0, new Names(this.#budget)]])
  }

  /** After metadata that was lost, a process whose cgroup is not known is in an unknown pod. */
  #inform() {
    const merged = this.#current?.get('merged') ?? []
    merged.forEach((_, i) => { if (!this.#names.has(i)) this.#names.set(i, new Names(this.#budget)) })
    for (const names of this.#names.values()) names.isInformed = true
  }

  #list(kind, keys) {
    const found = []
    for (const [source, names] of this.#names) {
      for (const entry of names.known[kind].values()) {
        const item = Object.fromEntries(keys.map((key, i) => [key, plain(entry[i])]))
        if (item.claims) item.claims = item.claims.map(([address, since, until]) =>
          ({ address: [4, 16].includes(address.length) ? addressOf(address) : '', since, until }))
        found.push(source ? { ...item, source } : item)
      }
    }
    return found
  }

  #report(problem) {
    this.problemCount++
    if (this.problems.length < MOST) this.problems.push({ ...problem, message: sentenceOf(problem) })
  }

  #noteUnknown(what) {
    if (this.unknown.size < MOST) this.unknown.add(printable(what))
  }
}

const problemOf = ({ offset }, { kind, expected, found }) => ({ offset, kind, expected, found })

function refuseNewer(major, minor, required) {
  const lacks = required.filter(feature => !FEATURES.includes(feature))
  if (major > MAJOR)
    throw new TraceError(`this trace needs a newer reader: its format is ${major}.${minor}, and this reader knows ${MAJOR}`)
  if (lacks.length) throw new TraceError(`this trace needs a newer reader: it requires ${printable(lacks.join(', ').slice(0, 200))}`)
}

/** Maps become objects. */
function plain(value) {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, v]) => [key, plain(v)]))
  return Array.isArray(value) ? value.map(plain) : value
}

/** A trace whose bytes are all there. */
export class Trace extends Reading {
  constructor(bytes) {
    super()
    this.push(bytes)
    this.finish()
  }

  [Symbol.iterator]() {
    return this.steps('events')
  }

  rows() {
    return this.steps('rows')
  }

  records() {
    return this.steps('records')
  }
}

/** A trace whose bytes come one after the other. */
export class AsyncTrace extends Reading {
  #chunks

  constructor(chunks) {
    super()
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  [Symbol.asyncIterator]() {
    return this.#steps('events')
  }

  rows() {
    return this.#steps('rows')
  }

  records() {
    return this.#steps('records')
  }

  async close() {
    await this.#chunks.return?.()
  }

  async *#steps(level) {
    for (const item of this.steps(level)) {
      if (item !== MORE) {
        yield item
        continue
      }
      const { done, value } = await this.#chunks.next()
      if (done) this.finish()
      else this.push(value)
    }
  }
}
