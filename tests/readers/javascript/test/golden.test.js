// Every golden trace gives what `tcptracer show` printed of it: the same events, and the same places of damage.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { TraceError, openFile, openTrace, readTrace } from '../src/node.js'
import { damageOf, eventsOf, goldens, root } from './material.js'

// An end by name needs the product's rules for addresses: the README says so
const notRead = ['src', 'dst']
const inJson = `type node namespace pod container pid comm ipversion saddr daddr sport dport operation timestamp tid uid gid conn error reason latency_ns
  duration_ns sent_bytes received_bytes retransmits srtt_us netns mntns cgroup attribution flow exe close_ns`.split(/\s+/)
const kinds = { MissingBlock: 'gap', OutOfOrder: 'order', CutTail: 'cut' }
// JSON.parse rounds what JSON of tcptracer has exactly
const comparable = (event, keys) => Object.fromEntries(Object.entries(event).filter(([key]) => keys(key))
  .map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]))

test('events are those of show, and damage is where show sees it', () => {
  let compared = 0
  for (const folder of goldens) {
    const expected = eventsOf(folder)
    let events = [], trace
    try {
      trace = readTrace(readFileSync(`${folder}/trace.tct`))
      events = [...trace]
      assert.deepEqual(trace.problems.map(p => [p.kind, p.offset]), damageOf(folder).map(([word, at]) => [kinds[word] ?? 'damage', at]), folder)
    } catch (error) {
      if (!(error instanceof TraceError)) throw error
      assert.deepEqual(damageOf(folder).map(([word]) => word), ['TooNew'], folder)
      assert.match(error.message, /^this trace needs a newer reader: /)
    }
    assert.equal(events.length, expected.length, folder)
    events.forEach((event, i) => {
      assert.deepEqual(comparable(event, key => inJson.includes(key)), comparable(expected[i], key => !notRead.includes(key)), folder)
      compared++
    })
  }
  assert.ok(compared > 500)
})

test('the same from a file, and from pieces of any size', async () => {
  for (const folder of goldens.filter(name => !/newer-major|required/.test(name))) {
    const bytes = readFileSync(`${folder}/trace.tct`), trace = readTrace(bytes), expected = [...trace]
    const file = await openFile(`${folder}/trace.tct`)
    const pieces = await openTrace((async function* () { for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7) })())
    for (const other of [file, pieces, await openTrace(new Blob([bytes])), await openTrace(bytes)]) {
      const events = []
      for await (const event of other) events.push(event)
      assert.deepEqual(events, expected, folder)
      assert.deepEqual(other.problems, trace.problems, folder)
    }
  }
})

test('losses are counted, names are listed, two traces in one file', () => {
  const read = name => {
    const trace = readTrace(readFileSync(`${root}tests/golden/1.1/${name}/trace.tct`))
    return { trace, events: [...trace] }
  }
  const { trace } = read('loss')
  assert.deepEqual(trace.lost, { 'ring-full': 3, 'connections-full': 1 })
  assert.deepEqual(trace.losses.map(l => [l.source, l.from, l.to]), [['ring-full', 5, 9], ['connections-full', 9, 9]])
  const pods = read('pods-cluster').trace
  assert.ok(pods.pods.some(pod => pod.namespace === 'batch' && pod.name === 'job-1'))
  assert.deepEqual(pods.services.map(s => s.claims[0].address), ['10.96.0.7'])
  const two = read('two-traces')
  assert.deepEqual(two.events.map(e => e.node), [...Array(12).fill('node-1'), ...Array(3).fill('node-2')])
  assert.deepEqual(two.trace.headers.map(h => h.node), ['node-1', 'node-2'])
})
