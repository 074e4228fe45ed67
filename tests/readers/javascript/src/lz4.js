// LZ4 frames as a trace has them, and XXH32. Written for this, because decoders from npm check neither the checksum nor how much they write.
import { need } from './errors.js'

/** Decompresses a frame of one data block, whose header was checked. */
export function decompress(frame, view, content) {
  const stored = view.getUint32(15, true), isPlain = stored >>> 31 === 1, size = stored & 0x7fffffff
  need((xxh32(frame.subarray(4, 14)) >>> 8 & 255) === frame[14], 'a good header checksum', 'another')
  need(view.getUint32(19 + size, true) === 0, 'the end of the frame', 'another data block')
  const data = isPlain ? frame.slice(19, 19 + size) : block(frame.subarray(19, 19 + size), content)
  need(data.length === content, `${content} bytes`, data.length)
  const expected = view.getUint32(23 + size, true), found = xxh32(data)
  need(expected === found, `content checksum 0x${hex(expected)}`, `0x${hex(found)}`)
  return data
}

const hex = value => value.toString(16).padStart(8, '0')

function block(from, size) {
  const to = new Uint8Array(size)
  let at = 0, out = 0
  const length = start => {
    let total = start
    if (start !== 15) return total
    for (let byte = 255; byte === 255;) {
      need(at < from.length, 'a good data block', 'a length without end')
      byte = from[at++]
      total += byte
    }
    return total
  }
  while (at < from.length) {
    const token = from[at++], literals = length(token >> 4)
    need(at + literals <= from.length && out + literals <= size, 'a good data block', 'too many literals')
    to.set(from.subarray(at, at + literals), out)
    at += literals
    out += literals
    if (at === from.length) break
    need(at + 2 <= from.length, 'a good data block', 'half an offset')
    const offset = from[at] | from[at + 1] << 8
    at += 2
    const match = length(token & 15) + 4
    need(offset > 0 && offset <= out && out + match <= size, 'a good data block', 'a match outside')
    if (offset >= match) to.copyWithin(out, out - offset, out - offset + match)
    else for (let i = out; i < out + match; i++) to[i] = to[i - offset]
    out += match
  }
  return to.subarray(0, out)
}

const P1 = 0x9e3779b1, P2 = 0x85ebca77, P3 = 0xc2b2ae3d, P4 = 0x27d4eb2f, P5 = 0x165667b1
const turn = (value, by) => value << by | value >>> 32 - by

/** XXH32 with seed 0. */
export function xxh32(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength), end = data.length
  let at = 0, total = P5
  if (end >= 16) {
    let a = P1 + P2 | 0, b = P2 | 0, c = 0, d = -P1 | 0
    for (; at + 16 <= end; at += 16) {
      a = Math.imul(turn(a + Math.imul(view.getUint32(at, true), P2) | 0, 13), P1)
      b = Math.imul(turn(b + Math.imul(view.getUint32(at + 4, true), P2) | 0, 13), P1)
      c = Math.imul(turn(c + Math.imul(view.getUint32(at + 8, true), P2) | 0, 13), P1)
      d = Math.imul(turn(d + Math.imul(view.getUint32(at + 12, true), P2) | 0, 13), P1)
    }
    total = turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18) | 0
  }
  total = total + end | 0
  for (; at + 4 <= end; at += 4) total = Math.imul(turn(total + Math.imul(view.getUint32(at, true), P3) | 0, 17), P4)
  for (; at < end; at++) total = Math.imul(turn(total + Math.imul(data[at], P5) | 0, 11), P1)
  total = Math.imul(total ^ total >>> 15, P2)
  total = Math.imul(total ^ total >>> 13, P3)
  return (total ^ total >>> 16) >>> 0
}
