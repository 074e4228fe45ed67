// MessagePack within the limits of the trace format. A general decoder allocates what a hostile record says; this one checks first.
import { Bad, need, within } from './errors.js'

const LEVELS = 8, PARTS = 65536, TEXT = 65536
const EMPTY = Object.freeze([])
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The one map that a record is. Numbers that are not exact as a number are bigints. */
export function unpack(data) {
  const reader = new Reader(data)
  const value = reader.value(0)
  need(value instanceof Map, 'a MessagePack map', typeof value)
  need(reader.at === data.length, 'the end of the record', `${data.length - reader.at} bytes more`)
  return value
}

class Reader {
  constructor(data) {
    this.data = data
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    this.at = 0
  }

  take(size) {
    need(this.at + size <= this.data.length, 'a whole MessagePack map', 'its beginning')
    this.at += size
    return this.at - size
  }

  number(form) {
    const size = [1, 2, 4, 8][form & 3], at = this.take(size), { view } = this
    if (form < 4) return size === 8 ? exact(view.getBigUint64(at)) : size === 4 ? view.getUint32(at) : size === 2 ? view.getUint16(at) : view.getUint8(at)
    return size === 8 ? exact(view.getBigInt64(at)) : size === 4 ? view.getInt32(at) : size === 2 ? view.getInt16(at) : view.getInt8(at)
  }

  value(level) {
    const code = this.data[this.take(1)]
    if (code < 0x80) return code
    if (code >= 0xe0) return code - 256
    if (code < 0x90) return this.map(code & 15, level)
    if (code < 0xa0) return this.array(code & 15, level)
    if (code < 0xc0) return this.text(code & 31)
    switch (code) {
      case 0xc0: return null
      case 0xc2: return false
      case 0xc3: return true
      case 0xc4: case 0xc5: case 0xc6: return this.bytes(this.number(code - 0xc4))
      case 0xc7: case 0xc8: case 0xc9: return this.bytes(this.number(code - 0xc7) + 1)
      case 0xca: return this.view.getFloat32(this.take(4))
      case 0xcb: return this.view.getFloat64(this.take(8))
      case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return this.bytes(1 + (1 << code - 0xd4))
      case 0xd9: case 0xda: case 0xdb: return this.text(this.number(code - 0xd9))
      case 0xdc: case 0xdd: return this.array(this.number(code - 0xdb), level)
      case 0xde: case 0xdf: return this.map(this.number(code - 0xdd), level)
    }
    if (code >= 0xcc && code <= 0xd3) return this.number(code - 0xcc)
    throw new Bad('MessagePack', `the byte ${code.toString(16)}`)
  }

  bytes(size) {
    const at = this.take(size)
    return this.data.subarray(at, at + size)
  }

  text(size) {
    within(size, TEXT, 'bytes of text')
    const bytes = this.bytes(size)
    try {
      return utf8.decode(bytes)
    } catch {
      throw new Bad('text in UTF-8', 'other bytes')
    }
  }

  array(size, level) {
    within(level + 1, LEVELS, 'levels of arrays and maps')
    within(size, PARTS, 'elements of an array')
    if (size === 0) return EMPTY
    const values = []
    for (let i = 0; i < size; i++) values.push(this.value(level + 1))
    return values
  }

  // A Map, because an object would take the key __proto__ for something else
  map(size, level) {
    within(level + 1, LEVELS, 'levels of arrays and maps')
    within(size, PARTS, 'keys of a map')
    const values = new Map()
    for (let i = 0; i < size; i++) {
      const key = this.value(LEVELS)
      need(typeof key === 'string', 'a key that is text', typeof key)
      need(!values.has(key), 'each key once', 'a key twice')
      values.set(key, this.value(level + 1))
    }
    return values
  }
}

const exact = value => value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
