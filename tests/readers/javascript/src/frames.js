// From bytes to records: LZ4 frames, block headers, and the way on after damage.
import { Bad, TraceError, need, within } from './errors.js'
import { decompress, xxh32 } from './lz4.js'
import { unpack } from './messagepack.js'

const SYNC = [0xa7, 0x54, 0x43, 0x54, 0x62, 0x6c, 0x6b, 0x0a]
const SKIPPABLE = 0x184d2a50, LZ4 = 0x184d2204
const RECORD = 4 << 20, FRAME = 1 << 20, CHUNK = 1 << 20
const METADATA = 3
const NOT_A_TRACE = 'this is no .tct trace: it has neither a start nor a record'

/** What a generator yields if it needs more bytes. */
export const MORE = Symbol('more')

/** The next bytes of a stream. Only those of one frame are in memory, and what came with them. */
export class Window {
  bytes = new Uint8Array(0)
  at = 0
  offset = 0
  isEnded = false

  get held() {
    return this.bytes.length - this.at
  }

  push(chunk) {
    if (this.held === 0) {
      this.bytes = chunk
    } else {
      const joined = new Uint8Array(this.held + chunk.length)
      joined.set(this.bytes.subarray(this.at))
      joined.set(chunk, this.held)
      this.bytes = joined
    }
    this.at = 0
  }

  *want(size) {
    while (this.held < size && !this.isEnded) yield MORE
  }

  peek(size) {
    return this.bytes.subarray(this.at, this.at + size)
  }

  /** How far away the next sync word is, of the next bytes; -1: there is none. */
  findSync(ahead, size) {
    const end = Math.min(this.bytes.length, this.at + size) - SYNC.length
    for (let i = this.bytes.indexOf(SYNC[0], this.at + ahead); i >= 0 && i <= end; i = this.bytes.indexOf(SYNC[0], i + 1)) {
      if (SYNC.every((byte, k) => this.bytes[i + k] === byte)) return i - this.at
    }
    return -1
  }

  skip(size) {
    this.at += size
    this.offset += size
  }
}

const viewOf = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * All records that can be read, and MORE wherever bytes are needed. What cannot be read is reported, and passed over. Two more kinds come
 * from here: "start" where a trace begins, "lost" where a record of metadata could not be read.
 */
export function* frames(window, report) {
  const sequence = new Sequence(report)
  let header = null, headerAt = 0, tried = 0, isFound = false
  for (;;) {
    const at = window.offset
    let size = 0
    try {
      yield* window.want(27)
      const head = window.peek(27)
      if (head.length === 0) break
      const isWhole = head.length >= 8, view = viewOf(head), magic = isWhole ? view.getUint32(0, true) : 0
      if (isWhole && (magic & 0xfffffff0) === SKIPPABLE) {
        within(view.getUint32(4, true), FRAME, 'bytes of a skippable frame')
        size = 8 + view.getUint32(4, true)
        yield* window.want(size)
        const frame = window.peek(size)
        need(frame.length === size, `${size} bytes`, frame.length, 'cut')
        if ((magic & 15) === 0 && size >= 36 && [0x54, 0x43, 0x54, 0x31].every((byte, i) => frame[8 + i] === byte)) {
          yield { kind: 'start', major: frame[12], minor: frame[13] }
          header = null
          isFound = true
        } else if ((magic & 15) === 1) {
          header = readBlockHeader(frame.subarray(8))
          headerAt = at
        }
      } else if (isWhole && magic === LZ4) {
        need(head.length === 27, '27 bytes', head.length, 'cut')
        const content = contentOf(view)
        size = 27 + (view.getUint32(15, true) & 0x7fffffff)
        yield* window.want(size)
        const frame = window.peek(size)
        need(frame.length === size, `${size} bytes`, frame.length, 'cut')
        const data = decompress(frame, viewOf(frame), content)
        isFound = true
        try {
          const record = unpack(data), kind = record.get('t')
          need(typeof kind === 'string', 'a record with its kind', 'none')
          sequence.check(header, headerAt, kind)
          yield { kind, content: record, offset: at, size, length: content }
        } catch (bad) { // the frame is good, so what follows it is known
          if (!(bad instanceof Bad)) throw bad
          report({ offset: at, kind: bad.kind, expected: bad.expected, found: bad.found })
          sequence.lose(header)
          if (header?.kind === METADATA) yield { kind: 'lost' }
        }
        header = null
      } else {
        need(isWhole || !isBeginning(head), '8 bytes', head.length, 'cut')
        throw new Bad('an LZ4 or skippable frame', `the bytes ${[...head.subarray(0, 4)].map(b => b.toString(16).padStart(2, '0')).join('')}`)
      }
      window.skip(size)
    } catch (bad) {
      if (!(bad instanceof Bad)) throw bad
      if (bad.kind === 'cut' && window.findSync(9, RECORD + FRAME) < 0) {
        if (isFound) report({ offset: at, kind: 'cut', expected: bad.expected, found: `${bad.found} bytes` })
        break
      }
      const isLost = header?.kind === METADATA
      sequence.lose(header)
      header = null
      // Bad frames within bad frames would make a reader try each byte many times
      tried += Math.max(1, Math.min(size, window.held))
      const isInside = size === 0 || tried <= 4 * window.offset + 4 * RECORD
      window.skip(isInside ? 1 : Math.min(size, window.held))
      tried = yield* goOn(window, tried)
      if (!isFound && window.held === 0) throw new TraceError(NOT_A_TRACE)
      isFound = true
      report({ offset: at, kind: bad.kind === 'cut' ? 'damage' : bad.kind, expected: bad.expected, found: bad.found })
      if (isLost) yield { kind: 'lost' }
    }
  }
  if (!isFound) throw new TraceError(NOT_A_TRACE)
}

function isBeginning(head) {
  const starts = (magic, mask) => head.every((byte, i) => i > 3 || (byte & mask >>> 8 * i & 255) === (magic >>> 8 * i & 255))
  return starts(LZ4, 0xffffffff) || starts(SKIPPABLE, 0xfffffff0)
}

/** The bytes of a record, after the limits of its frame were checked. */
function contentOf(view) {
  need(view.getUint8(4) === 0x6c, 'a frame of one block with size and checksum', `the flags ${view.getUint8(4).toString(16)}`)
  const content = Number(view.getBigUint64(6, true)), stored = view.getUint32(15, true) & 0x7fffffff
  within(content, RECORD, 'bytes of a record')
  need(stored <= content + Math.floor(content / 255) + 16, `a data block that can hold ${content} bytes`, `${stored} bytes`)
  within(content, 4096 + 32 * (27 + stored), 'bytes of a record in such a frame')
  return content
}

/** Goes to the next good block header. */
function* goOn(window, tried) {
  for (;;) {
    yield* window.want(CHUNK)
    const place = window.findSync(8, CHUNK)
    if (place < 0) {
      if (window.held < CHUNK) {
        window.skip(window.held)
        return tried
      }
      window.skip(CHUNK - 16)
      continue
    }
    window.skip(place - 8)
    const view = viewOf(window.peek(8)), size = view.getUint32(4, true)
    if (view.getUint32(0, true) === SKIPPABLE + 1 && size <= FRAME && tried <= 4 * window.offset + 4 * RECORD) {
      tried += size
      yield* window.want(8 + size)
      if (readBlockHeader(window.peek(8 + size).subarray(8))) return tried
    }
    window.skip(1)
  }
}

/** null: it is damaged. Then the record behind it can still be good. */
function readBlockHeader(body) {
  if (body.length < 92 || !SYNC.every((byte, i) => body[i] === byte)) return null
  const view = viewOf(body), length = view.getUint16(10, true)
  if (length < 92 || length > body.length || xxh32(body.subarray(0, length - 4)) !== view.getUint32(length - 4, true)) return null
  return { kind: body[8], sequence: view.getUint32(20, true) }
}

/** Notices blocks that are missing, by their numbers. */
class Sequence {
  next = 0
  mayJump = false

  constructor(report) {
    this.report = report
  }

  check(header, offset, kind) {
    const number = header ? header.sequence : this.next
    if (kind === 'header') {
      this.mayJump = true
    } else if (header && number !== this.next && !this.mayJump) {
      const isGap = number > this.next
      this.report({ offset, kind: isGap ? 'gap' : 'order', expected: `block ${this.next}`, found: `block ${number}` })
      if (!isGap) return
    } else if (header) {
      this.mayJump = false
    }
    this.next = number + 1
  }

  lose(header) {
    if (header) this.next = header.sequence + 1
    else this.mayJump = true // nobody knows which blocks were there, and the damage is reported
  }
}
