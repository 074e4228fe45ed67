// Traces for the tests: the golden ones of the repository, and some that are made here, also of what no writer writes.
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { xxh32 } from '../src/lz4.js'

export const root = fileURLToPath(new URL('../../../../', import.meta.url))
export const shop = `${root}examples/shop.tct`
export const goldens = readdirSync(`${root}tests/golden`).filter(name => /^\d/.test(name)).flatMap(version => readdirSync(`${root}tests/golden/${version}`).map(name => `${root}tests/golden/${version}/${name}`))

export const bytesOf = (...parts) => Uint8Array.from(parts.flatMap(part => typeof part === 'number' ? [part] : [...part]))
const uint = (value, size) => Array.from({ length: size }, (_, i) => Number(BigInt(value) >> BigInt(8 * i) & 255n))
const big = (value, size) => uint(value, size).reverse()

export function pack(value) {
  if (value === null) return [0xc0]
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'number' || typeof value === 'bigint') return [0xd3, ...big(value, 8)]
  if (typeof value === 'string') {
    const text = new TextEncoder().encode(value)
    return [0xdb, ...big(text.length, 4), ...text]
  }
  if (value instanceof Uint8Array) return [0xc6, ...big(value.length, 4), ...value]
  if (Array.isArray(value)) return [0xdd, ...big(value.length, 4), ...value.flatMap(pack)]
  return [0xdf, ...big(Object.keys(value).length, 4), ...Object.entries(value).flatMap(([key, v]) => [...pack(key), ...pack(v)])]
}

/** An LZ4 frame whose data is stored as it is, or as somebody compressed it. */
export function frame(data, compressed) {
  const bytes = Uint8Array.from(data), stored = compressed ?? bytes
  const descriptor = bytesOf(0x6c, 0x70, uint(bytes.length, 8))
  return bytesOf([4, 0x22, 0x4d, 0x18], descriptor, xxh32(descriptor) >>> 8 & 255, uint(BigInt(stored.length) | (compressed ? 0n : 1n << 31n), 4), stored,
    [0, 0, 0, 0], uint(xxh32(bytes), 4))
}

export const record = (kind, content = {}) => frame(pack({ t: kind, ...content }))
export const header = (more = {}) => record('header', { major: 1, minor: 1, required: [], node: 'n', clock: [0, 0, 0, 0, 0], ...more })

/** A record of events with one connect, and what is asked for otherwise. */
export function block(columns = {}, dictionaries = {}, more = {}) {
  const zero = [0, 0, 0, new Uint8Array(0)], of = base => [0, 0, base, new Uint8Array(0), 0, -1]
  return record('events', {
    n: 1, openings: 1, clock: [0, 0],
    d: {
      kind: [[1, 0, 1, 0, 0]], process: [[7, 7, 0, 0, 1, 'curl', 'sh', 9, 0, 9, 5, 0]], address: [bytesOf(10, 0, 0, 1), bytesOf(10, 0, 0, 2)],
      local: [1, zero, zero, of(-1)], remote: [1, of(1), of(80)], other: [], ...dictionaries,
    },
    c: { kind: zero, back: zero, local: zero, remote: zero, ts: [0, 0, 1000, new Uint8Array(0)], port: of(40000), flow: of(1), ...columns },
    ...more,
  })
}

/** What `tcptracer show -o json` printed of a golden trace, without the lines about losses. */
export const eventsOf = folder => readFileSync(`${folder}/show.json`, 'utf8').split('\n').filter(line => line).map(line => JSON.parse(line))
  .filter(line => line.type === 'normal')

/** Places where `tcptracer show` saw damage, with its word for it. */
export const damageOf = folder => [...readFileSync(`${folder}/show.txt`, 'utf8').matchAll(/^# (\w+) at (\d+):/gm)].map(([, word, at]) => [word, Number(at)])
