// Files that were made to hurt: refused in one sentence, in bounded memory, and what is good in them is read.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { TraceError, readTrace } from '../src/index.js'
import { block, bytesOf, frame, goldens, header, pack, record, shop } from './material.js'

const read = bytes => {
  const trace = readTrace(bytes)
  return { events: [...trace], problems: trace.problems.map(p => p.message), trace }
}
const constant = base => [0, 0, base, new Uint8Array(0)]

/** Numbers that look random, and are the same in each run. */
function* dice(seed) {
  for (let state = seed; ;) yield (state = Math.imul(state, 1664525) + 1013904223 >>> 0) / 2 ** 32
}

function assertPassedOver(name, bad, words) {
  const { events, problems } = read(bytesOf(header(), bad, block()))
  assert.equal(events.length, 1, name)
  assert.equal(problems.length, 1, `${name}: ${problems}`)
  assert.match(problems[0], words, name)
  assert.doesNotMatch(problems[0], /\n/)
}

test('a good block is read', () => {
  const { events, problems } = read(bytesOf(header(), block(), block()))
  assert.deepEqual([problems, events.map(e => e.saddr)], [[], ['10.0.0.1', '10.0.0.1']])
})

test('records whose parts disagree', () => {
  const five = bytesOf(1, 2, 3, 4, 5)
  for (const [name, bad] of Object.entries({
    'no rows': block({}, {}, { n: 0 }), 'text for rows': block({}, {}, { n: '1' }), 'no dictionary': record('events', { n: 1, clock: [0, 0], c: {} }),
    'kind beyond': block({ kind: constant(1) }), 'local beyond': block({ local: constant(9) }), 'back beyond': block({ back: constant(1) }),
    'payload too short': block({ ts: [1, 8, 0, bytesOf(0)] }), 'payload of text': block({ ts: [1, 8, 0, '12345678'] }), 'bits of 3': block({ fd: [4, 3, 0, bytesOf(0)] }),
    'no ts': block({ ts: null }), 'an address of 5': block({}, { address: [five, five] }), 'process of 3': block({}, { process: [[1, 2, 3]] }),
    'other beyond': block({ other: constant(2) }), 'a shift beyond': block({ shift: constant(5) }), 'a negative index': block({ remote: constant(-1) }),
    'a kind of text': block({}, { kind: [['connect', 0, 0, 0, 0]] }), 'true for a number': block({ ts: constant(true) }),
  })) assertPassedOver(name, bad, /^damaged at offset/)
})

test('limits of the specification', () => {
  const deep = [...Array(9).fill(0x91), 0xc0], zeros = Array(5).fill(0)
  for (const [name, bad] of Object.entries({
    rows: block({}, {}, { n: 70_000 }), 'rows for the frame': block({}, {}, { n: 60_000 }),
    'a command': block({}, { process: [[1, 1, 1, 1, 1, 'x'.repeat(257), '', ...zeros]] }),
    processes: block({}, { process: Array.from({ length: 16_385 }, (_, i) => [7, 7, 0, 0, 1, 'c', 's', 9, 0, 9, i, 0]) }),
    levels: frame([0x82, ...pack('t'), ...pack('x'), ...pack('y'), ...deep]), text: record('x', { y: 'z'.repeat(65_537) }),
    'metadata for the frame': frame([0x83, ...pack('t'), ...pack('metadata'), ...pack('y'), ...pack(bytesOf(Array(9_000).fill(1))), ...pack('cgroups'), 0xdd, 0, 1, 0xff,
      0xff, ...Array(131_071).fill([0x93, 0, 1, 0xa0]).flat()]),
  })) assertPassedOver(name, bad, /beyond the limits of the specification/)
})

test('a key twice', () => assertPassedOver('key', frame([0x82, ...pack('t'), ...pack('x'), ...pack('t'), ...pack('x')]), /a key twice/))

test('a key that objects have', () => {
  const { events, trace } = read(bytesOf(header({ later: JSON.parse('{"__proto__": {"polluted": true}}') }), block()))
  assert.equal(events.length, 1)
  assert.equal({}.polluted, undefined)
  assert.equal(trace.header.polluted, undefined)
})

test('data blocks that lie about their lengths', () => {
  const data = Array(300).fill(0)
  for (const bad of [[0xf0, 255, 255], [0x10], [0x10, 1, 0, 0], [0x1f, 0, 1, 0, ...Array(200).fill(255), 0], [0xf0, 250], [0x00, 5, 0]]) {
    const trace = readTrace(bytesOf(header(), frame(data, Uint8Array.from(bad))))
    assert.deepEqual([...trace], [])
    assert.equal(trace.problems.length, 1, bad)
  }
})

test('what is no trace is refused', () => {
  for (const bytes of ['', 'x', 'hello, this is a text\n'.repeat(100), '\x04\x22\x4d\x18', '\0'.repeat(100_000), 'PK\x03\x04'])
    assert.throws(() => read(new TextEncoder().encode(bytes)), TraceError)
  assert.throws(() => read(bytesOf(0x1f, 0x8b, 8)), /openTrace/)
})

test('every prefix is read', () => {
  const bytes = readFileSync(shop)
  for (let size = 40; size < bytes.length; size += 97) {
    const { problems } = read(bytes.subarray(0, size))
    assert.ok(problems.length <= 1 && problems.every(p => p.includes('cut off')), problems.join('\n'))
  }
})

test('changed bytes never crash it', () => {
  const random = dice(7), below = n => Math.floor(random.next().value * n)
  for (const folder of goldens) {
    const bytes = Uint8Array.from(readFileSync(`${folder}/trace.tct`))
    for (let i = 0; i < 20; i++) {
      for (let k = 0; k < 3; k++) bytes[below(bytes.length)] = below(256)
      try {
        read(bytes)
      } catch (error) {
        assert.ok(error instanceof TraceError, error.stack)
      }
    }
  }
})

test('changed records never crash it', () => {
  // Behind good checksums, as a stranger would write them
  const random = dice(8), below = n => Math.floor(random.next().value * n)
  const goods = [block(), record('metadata', { pods: [['u', 'ns', 'n', '', '', { a: 'b' }, [[bytesOf(10, 0, 0, 1), 1, null]]]] }), record('loss', { source: 1, count: 2 })]
    .map(bytes => bytes.subarray(19, -8))
  for (let i = 0; i < 1500; i++) {
    const bytes = goods[below(3)].slice()
    for (let k = below(3); k >= 0; k--) bytes[8 + below(bytes.length - 8)] = below(256)
    assert.ok(read(bytesOf(header(), frame(bytes), block())).events.length >= 1)
  }
})

test('memory is bounded', () => {
  const empties = bytesOf([0xdd, 0, 0, 0xfd, 0xe8], new Uint8Array(65_000).fill(0x90))
  const bomb = frame(bytesOf([0x82], pack('t'), pack('x'), pack('y'), [0xdc, 0, 0x20], ...Array(32).fill(empties)))
  const sync = bytesOf([0x51, 0x2a, 0x4d, 0x18, 0xf0, 0xff, 0, 0, 0xa7, 0x54, 0x43, 0x54, 0x62, 0x6c, 0x6b, 0x0a, 0, 0, 0, 0])
  const claim = bytesOf([4, 0x22, 0x4d, 0x18, 0x6c, 0x70, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0])
  const index = fileURLToPath(new URL('../src/index.js', import.meta.url))
  const program = `import { readFileSync } from 'node:fs'; import { readTrace } from ${JSON.stringify(index)}
    const trace = readTrace(readFileSync(0)); console.log([...trace].length, trace.problemCount > 0 || trace.unknown.size)`
  for (const bytes of [[header(), ...Array(20).fill(bomb)], [header(), ...Array(20_000).fill(sync)], [header(), ...Array(20_000).fill(claim), sync]]) {
    const run = spawnSync(process.execPath, ['--max-old-space-size=200', '--input-type=module', '-e', program], { input: Buffer.concat(bytes), encoding: 'utf8' })
    assert.equal(run.stderr, '')
    assert.match(run.stdout, /^0 (true|1)\n$/)
  }
})
