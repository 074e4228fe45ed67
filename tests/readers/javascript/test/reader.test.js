// What else the package promises: later versions, traces of several hosts, packed traces, exact numbers, the command line.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { addressOf, textOf } from '../src/events.js'
import { TraceError, openFile, openTrace, readTrace } from '../src/node.js'
import { block, bytesOf, header, record, root, shop } from './material.js'

const collect = async trace => {
  const events = []
  for await (const event of trace) events.push(event)
  return events
}

test('what a later minor version adds is passed over', () => {
  const trace = readTrace(bytesOf(header({ minor: 99, later: { x: [true, null] } }), record('weather', { rain: true }), record('weather'),
    block({ later: [9, '?'], fd: [15, '?', 1, 2, 3] }, { later: { x: 1 }, kind: [[17, 42, 77, 128, 0, 'more']] }, { later: [1, 'two'] })))
  const [event] = [...trace]
  assert.deepEqual([event.operation, event.reason, event.attribution, event.fd], ['unknown(17)', 'unknown', 'unknown', 0])
  assert.deepEqual([[...trace.unknown].sort(), trace.problems], [['encoding of column fd', 'record weather'], []])
})

test('what a reader would misread is refused', () => {
  for (const [bytes, message] of [
    [record('header', { major: 2, minor: 7 }), 'this trace needs a newer reader: its format is 2.7, and this reader knows 1'],
    [header({ required: ['merged', 'se\x1bled'] }), 'this trace needs a newer reader: it requires se?led'],
  ]) assert.throws(() => [...readTrace(bytes)], error => error instanceof TraceError && error.message === message)
  const start = bytesOf([0x50, 0x2a, 0x4d, 0x18, 28, 0, 0, 0], new TextEncoder().encode('TCT1'), [2, 0], new Uint8Array(22))
  assert.throws(() => [...readTrace(bytesOf(start, block()))], TraceError)
})

test('traces of several hosts are read', () => {
  const process = [7, 7, 0, 0, 1, 'curl', 'sh', 9, 0, 9, 5, 0, '', '', 1]
  const [second, first] = [...readTrace(bytesOf(header({ merged: [{ node: 'a' }, { node: 'b' }] }),
    record('metadata', { cgroups: [[0, 5, `/kubepods/podx/${'c'.repeat(64)}`]], pods: [['x', 'ns', 'web', '', '', {}, []]], source: 1 }),
    block({}, { process: [process], shift: [-500] }), block()))]
  assert.deepEqual([second.node, second.namespace, second.pod, second.boottime_ns], ['b', 'ns', 'web', 1500])
  assert.deepEqual([first.node, first.namespace, first.pod, first.boottime_ns], ['a', '<>', '<>', 1000])
})

test('nothing is rounded', () => {
  const [event] = [...readTrace(bytesOf(header(), block({ ts: [0, 0, 9007199254740993n, new Uint8Array(0)], flow: [0, 0, -1, new Uint8Array(0)] })))]
  assert.equal(event.boottime_ns, 9007199254740993n)
  assert.equal(event.flow, 'ffffffffffffffff')
})

test('addresses are written as RFC 5952 says', () => {
  const of = text => addressOf(bytesOf(text.match(/../g).map(pair => parseInt(pair, 16))))
  assert.equal(of('20010db8000000000000000000000001'), '2001:db8::1')
  assert.equal(of('00000000000000000000000000000000'), '::')
  assert.equal(of('20010db8000000010001000100010001'), '2001:db8:0:1:1:1:1:1')
  assert.equal(of('20010000000000010000000000000001'), '2001:0:0:1::1')
  assert.equal(of('00010002000300040005000600000000'), '1:2:3:4:5:6::')
  assert.equal(of('00000000000000000000ffff0a000001'), '10.0.0.1')
})

test('each byte that is not UTF-8 is one sign', () => {
  assert.equal(textOf(bytesOf(0x61, 0xf0, 0x9f, 0x98, 0xff, 0xc3, 0xa9, 0xc3)), 'a\ufffd\ufffd\ufffd\ufffdé\ufffd')
})

test('packed traces', async () => {
  const bytes = readFileSync(shop), expected = [...readTrace(bytes)]
  assert.deepEqual(await collect(await openTrace(gzipSync(bytes))), expected)
  const packed = gzipSync(bytes)
  packed[packed.length - 6] ^= 1
  await assert.rejects(async () => collect(await openTrace(packed)), { name: 'TraceError', message: /gzip packed is damaged .*gzip -dc gives/ })
  const zstd = async () => collect(await openTrace(bytesOf([0x28, 0xb5, 0x2f, 0xfd], bytes)))
  await assert.rejects(zstd) // with what to do, or, where zstd is known, because this is none
})

test('a reader may stop early, and go on', async () => {
  const all = [...readTrace(readFileSync(shop))]
  const trace = await openFile(shop)
  for await (const event of trace) {
    assert.deepEqual(event, all[0])
    break
  }
  assert.equal(trace.header.node, 'worker-1')
  await trace.close()
  await assert.rejects(openFile('/nowhere.tct'), { code: 'ENOENT' })
})

test('the command line', () => {
  const run = (...options) => spawnSync(process.execPath, [fileURLToPath(new URL('../bin/tcptracer-trace.js', import.meta.url)), ...options], { encoding: 'utf8' })
  const { status, stdout, stderr } = run('--events', shop)
  assert.deepEqual([status, stderr, stdout.trim().split('\n').map(line => JSON.parse(line))], [0, '', [...readTrace(readFileSync(shop))]])
  const golden = `${root}tests/golden/1.1`
  for (const [options, expected, words] of [[[], 2, /usage/], [['--later', shop], 2, /usage/], [['nowhere.tct'], 1, /no such file/], [[`${root}README.md`], 1, /no .tct trace/],
    [[`${golden}/damaged-cut/trace.tct`], 0, /everything before is good/], [[`${golden}/damaged-length/trace.tct`], 3, /damaged at/],
    [[`${golden}/newer-major/trace.tct`], 1, /needs a newer reader/]]) {
    const { status, stderr } = run(...options)
    assert.equal(status, expected, stderr)
    assert.match(stderr, words)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
