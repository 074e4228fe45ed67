// Reads a .tct trace by docs/trace-format.md alone: one JSON object an event. npm: @msgpack/msgpack, lz4js.
import { readFileSync } from 'node:fs'
import { Decoder } from '@msgpack/msgpack'
import lz4 from 'lz4js'

const decoder = new Decoder({ useBigInt64: true, maxStrLength: 65536, maxArrayLength: 65536, maxMapLength: 65536 })
const check = (good, what) => {
  if (good) return
  console.error(`${process.argv[2]}: this reader refuses what is beyond the limits of the specification: ${what}`)
  process.exit(1)
}
const signed = value => BigInt.asIntN(64, value)
const unsigned = value => BigInt.asUintN(64, value)

function column(parts, countOf) {
  const [encoding, width, base, payload, start = 0, rows = 0] = parts
  const count = countOf(BigInt(rows)), values = []
  const expected = encoding === 3 ? count : encoding === 4 ? Math.ceil(count * width / 8) : count * width
  check(![1, 2, 3, 4].includes(encoding) || payload.length === expected, 'a payload of another length')
  let sum = BigInt(start)
  for (let i = 0; i < count; i++) {
    let value = 0n
    if (encoding === 1 || encoding === 2) {
      for (let plane = 0; plane < width; plane++) value |= BigInt(payload[plane * count + i]) << BigInt(8 * plane)
    } else if (encoding === 4) {
      value = BigInt(payload[i * width >> 3] >> i * width % 8 & (1 << width) - 1)
    }
    if (encoding === 3) value = BigInt(payload[i])
    else if (encoding > 4) value = 0n
    else value += BigInt(base)
    if (encoding === 2) value = sum += value
    values.push(signed(value))
  }
  return { rows: BigInt(rows), values }
}

const table = ([count, ...columns], rows) => {
  check(count >= 0 && count <= Math.min(16384, rows), 'entries of a table')
  const read = columns.map(c => column(c, () => count).values)
  return Array.from({ length: count }, (_, i) => read.map(c => Number(c[i])))
}

const columns = ['ts', 'kind', 'back', 'local', 'remote', 'port', 'age', 'cpu', 'fd', 'other', 'sent', 'received', 'retransmits', 'srtt',
  'flow', 'closing', 'shift', 'far_cgroup', 'far_cgroup_v1']
const kindKeys = ['operation', 'reason', 'attribution', 'flags', 'error']
const processKeys = ['pid', 'tid', 'uid', 'gid', 'ppid', 'comm', 'pcomm', 'netns', 'netns_cookie', 'mntns', 'cgroup', 'cgroup_v1', 'exe', 'args']
const zip = (keys, values) => Object.fromEntries(keys.map((key, i) => [key, values[i]]))

function* events({ n, clock, d, c }, size) {
  check(n > 0 && n <= Math.min(65536, size), 'rows of a block')
  check(['kind', 'process', 'other'].every(name => d[name].length <= 16384) && d.address.length <= 32768, 'entries of a dictionary')
  check([...d.process.flatMap(p => p.slice(5, 7)), ...d.other.map(o => o[1])].every(name => Buffer.byteLength(name) <= 256), 'the name of a command')
  const kinds = column(c.kind, () => n).values.map(i => d.kind[Number(i)])
  const back = c.back ? column(c.back, () => n).values.map(Number) : Array(n).fill(0)
  const has = (rows, i) => rows === 0n || (rows === -1n ? back[i] === 0 : kinds[i][0] < 63 && (rows >> BigInt(kinds[i][0]) & 1n) === 1n)
  const full = {}
  for (const [name, parts] of Object.entries(c).filter(([name]) => columns.includes(name))) {
    const { rows, values } = column(parts, rows => Array.from({ length: n }, (_, i) => i).filter(i => has(rows, i)).length)
    let next = 0
    full[name] = Array.from({ length: n }, (_, i) => has(rows, i) ? values[next++] : 0n)
  }
  const get = (name, i) => full[name]?.[i] ?? 0n
  const local = table(d.local, n), remote = table(d.remote, n), firsts = []
  check(!d.shift || d.shift.length <= n, 'entries of a dictionary')
  const shift = i => d.shift ? BigInt(d.shift[Number(get('shift', i))]) : 0n
  for (let i = 0; i < n; i++) {
    check(back[i] >= 0 && back[i] <= i, 'a row that points back')
    const first = back[i] > 0 ? firsts[i - back[i]] : i
    firsts.push(first)
    const [process, saddr, sport] = local[Number(get('local', first))], [daddr, dport] = remote[Number(get('remote', first))]
    const p = d.process[process], o = Number(get('other', i)), port = get('port', first)
    const other = o === 0 ? [0, ''] : o === 1 ? [p[0], p[5]] : d.other[o - 2]
    yield {
      ...zip(kindKeys, kinds[i]), ts: signed(get('ts', i) - shift(i)), wall: signed(BigInt(clock[1]) + get('ts', i) - BigInt(clock[0])),
      start: signed(get('ts', first) - shift(first) - get('age', first)), ...(p.length > 14 ? { source: p[14] } : {}), cpu: get('cpu', first), fd: get('fd', first),
      saddr: d.address[saddr], daddr: d.address[daddr], sport: sport < 0 ? port : sport, dport: dport < 0 ? port : dport,
      ...zip(processKeys, [...p.slice(0, 14), '', '']), other_pid: other[0], other_comm: other[1], retransmits: get('retransmits', i), srtt: get('srtt', i),
      sent: unsigned(get('sent', i)), received: unsigned(get('received', i)),
      flow: unsigned(get('flow', first)), closing: get('closing', i),
      far_cgroup: unsigned(get('far_cgroup', i)), far_cgroup_v1: unsigned(get('far_cgroup_v1', i)),
    }
  }
}

function* records(file) {
  for (let at = 0; at < file.length;) {
    check(file.length - at >= 8, `a frame at offset ${at} that is cut off`)
    const magic = file.readUInt32LE(at)
    let end = at + 8 + file.readUInt32LE(at + 4)
    if ((magic & 0xfffffff0) === 0x184d2a50) {
      check(end - at <= 8 + (1 << 20), 'a skippable frame')
    } else {
      check(file.length - at >= 27 && magic === 0x184d2204 && file[at + 4] === 0x6c, `no frame at offset ${at}`)
      end = at + 19 + (file.readUInt32LE(at + 15) & 0x7fffffff) + 8 // header with content size, one data block, end mark, checksum
      check(file.readBigUInt64LE(at + 6) <= BigInt(Math.min(4 << 20, 4096 + 32 * (end - at))), 'a record')
      let record
      try {
        record = decoder.decode(Uint8Array.from(lz4.decompress(file.subarray(at, end))))
      } catch (e) {
        check(false, `a record at offset ${at}: ${e.message ?? e}`)
      }
      yield [record, end - at]
    }
    at = end
  }
}

const json = value => value instanceof Uint8Array ? `"${Buffer.from(value).toString('hex')}"` : typeof value === 'bigint' ? `${value}` : JSON.stringify(value)
for (const [record, size] of records(readFileSync(process.argv[2]))) {
  for (const event of record.t === 'events' ? events(record, size) : [])
    console.log(`{${Object.entries(event).map(([key, value]) => `"${key}":${json(value)}`).join(',')}}`)
}
