// From a record of events to its rows, with the columns of the file.
import { Bad, need, within } from './errors.js'

const ROWS = 65536, ENTRIES = 16384, ADDRESSES = 32768, COMMAND = 256
const EXISTING = 6, UNCOUNTED = 16
const COLUMNS = ['ts', 'local', 'remote', 'port', 'age', 'cpu', 'fd', 'other', 'sent', 'received', 'retransmits', 'srtt', 'flow', 'closing',
  'shift', 'far_cgroup', 'far_cgroup_v1']
const KIND = ['operation', 'reason', 'attribution', 'flags', 'error']
const PROCESS = ['pid', 'tid', 'uid', 'gid', 'ppid', 'comm', 'pcomm', 'netns', 'netns_cookie', 'mntns', 'cgroup', 'cgroup_v1',
  'exe', 'args']
const WIDE = new Set(['netns_cookie', 'cgroup', 'cgroup_v1'])
const NONE = 0n
const utf8 = new TextEncoder()

/** The rows of a record of events, in their order. It is checked as a whole before the first row comes. */
export function rows(block, size, unknown) {
  try {
    return new Block(block, size, unknown).rows()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)
      throw new Bad('a record of events whose parts agree', error.message)
    throw error
  }
}

const integer = value => {
  need(Number.isInteger(value) || typeof value === 'bigint', 'a whole number', typeof value)
  return value
}

class Block {
  constructor(block, size, unknown) {
    const n = block.get('n'), d = block.get('d'), c = block.get('c')
    need(Number.isInteger(n) && n > 0, 'rows', n)
    within(n, ROWS, 'rows of a block')
    within(n, size, 'rows in such a frame')
    for (const [name, most] of [['kind', ENTRIES], ['process', ENTRIES], ['other', ENTRIES], ['address', ADDRESSES], ['shift', n]])
      within(listOf(d, name).length, most, `entries of dictionary ${name}`)
    this.unknown = unknown
    this.n = n
    const [boot, wall] = block.get('clock').map(v => v === null ? 0 : v)
    this.toWall = BigInt(integer(wall)) - BigInt(integer(boot))
    this.kinds = d.get('kind').map(entry => KIND.map((_, i) => Number(integer(entry[i]))))
    this.processes = d.get('process').map(processOf)
    this.addresses = d.get('address').map(addressOf)
    this.others = [[0, ''], null, ...listOf(d, 'other').map(entry => [Number(integer(entry[0])), command(entry[1])])]
    this.shifts = d.has('shift') ? d.get('shift').map(v => BigInt(integer(v))) : [0n]
    this.kind = this.all('kind', c)
    need(this.kind.every(k => k >= 0 && k < this.kinds.length), 'a kind of the dictionary', 'another')
    this.back = this.all('back', c)
    this.first = openings(this.back)
    this.columns = Object.fromEntries(COLUMNS.filter(name => c.has(name)).map(name => [name, this.column(name, c.get(name))]))
    this.local = this.table(d.get('local'), 3)
    this.remote = this.table(d.get('remote'), 2)
    need(c.has('ts'), 'column ts', 'none')
    this.check()
  }

  all(name, columns) {
    const parts = columns.get(name)
    if (!parts) return new Array(this.n).fill(0)
    need(!parts[5], `column ${name} for all rows`, 'some')
    return Array.from(valuesOf(parts, this.n, () => this.unknown(`encoding of column ${name}`)), Number)
  }

  /** The values of all rows; 0 where a row has none. */
  column(name, parts) {
    const which = BigInt(integer(parts[5] ?? 0)), warn = () => this.unknown(`encoding of column ${name}`)
    if (which === 0n) return valuesOf(parts, this.n, warn)
    const places = []
    for (let i = 0; i < this.n; i++) if (this.has(which, i)) places.push(i)
    const values = valuesOf(parts, places.length, warn), full = new BigInt64Array(this.n)
    places.forEach((place, i) => { full[place] = values[i] })
    return full
  }

  has(which, row) {
    if (which === -1n) return this.back[row] === 0
    const [operation] = this.kinds[this.kind[row]]
    return operation >= 0 && operation < 63 && (which >> BigInt(operation) & 1n) === 1n
  }

  table(parts, columns) {
    const count = parts[0]
    need(Number.isInteger(count) && count >= 0, 'entries of a table', count)
    within(count, Math.min(ENTRIES, this.n), 'entries of a table in such a block')
    const read = Array.from({ length: columns }, (_, i) => valuesOf(parts[1 + i], count, () => {}))
    return Array.from({ length: count }, (_, i) => read.map(values => Number(values[i])))
  }

  check() {
    const isPort = port => port >= -1 && port < 65536, isAddress = i => i >= 0 && i < this.addresses.length
    const isProcess = i => i >= 0 && i < this.processes.length
    need(this.local.every(([p, a, port]) => isProcess(p) && isAddress(a) && isPort(port)), 'entries of local', 'another index')
    need(this.remote.every(([a, port]) => isAddress(a) && isPort(port)), 'entries of remote', 'another index')
    for (const name of ['local', 'remote']) {
      const values = this.columns[name]
      need(this.first.every(i => inside(values ? values[i] : NONE, this[name].length)), `an entry of ${name}`, 'another index')
    }
    for (const [name, end] of [['other', this.others.length], ['shift', this.shifts.length]])
      need((this.columns[name] ?? []).every(v => inside(v, end)), `an entry of ${name}`, 'another index')
  }

  *rows() {
    const none = new BigInt64Array(this.n)
    const { ts, local = none, remote = none, port = none, age = none, cpu = none, fd = none, other = none, sent = none, received = none,
      retransmits = none, srtt = none, flow = none, closing = none, shift = none, far_cgroup: far = none,
      far_cgroup_v1: farV1 = none } = this.columns
    // Version 1.0 had no bytes of connections that are older than the recorder
    const lacksBytes = flow === none
    for (let i = 0; i < this.n; i++) {
      const first = this.first[i]
      const [process, saddr, sport] = this.local[local[first]], [daddr, dport] = this.remote[remote[first]]
      const owner = this.processes[process], own = Number(port[first])
      const [operation, reason, attribution, flags, error] = this.kinds[this.kind[i]]
      const [otherPid, otherComm] = this.others[other[i]] ?? [owner.pid, owner.comm]
      yield {
        operation, reason, attribution, flags: lacksBytes && operation === EXISTING ? flags | UNCOUNTED : flags, error,
        ts: signed(ts[i] - this.shifts[shift[i]]), wall: signed(this.toWall + ts[i]),
        start: signed(ts[first] - this.shifts[shift[first]] - age[first]),
        cpu: Number(cpu[first]), fd: Number(fd[first]), saddr: this.addresses[saddr], daddr: this.addresses[daddr],
        sport: sport < 0 ? own : sport, dport: dport < 0 ? own : dport, ...owner, other_pid: otherPid, other_comm: otherComm,
        retransmits: Number(retransmits[i]), srtt: Number(srtt[i]), sent: unsigned(sent[i]), received: unsigned(received[i]),
        flow: unsigned(flow[first]), closing: closing[i], far_cgroup: unsigned(far[i]), far_cgroup_v1: unsigned(farV1[i]),
      }
    }
  }
}

const inside = (value, end) => value >= 0n && value < BigInt(end)
const signed = value => BigInt.asIntN(64, value)
const unsigned = value => BigInt.asUintN(64, value)
const listOf = (map, name) => map.has(name) ? map.get(name) : []

function valuesOf(parts, count, unknown) {
  const [encoding, width, base = 0, payload, start = 0] = parts
  const values = new BigInt64Array(count)
  need(!(encoding < 0), 'the number of an encoding', encoding)
  if (!Number.isInteger(encoding) || encoding > 4) {
    unknown()
    return values
  }
  const from = BigInt(integer(base))
  if (encoding === 0) return values.fill(from)
  const isList = encoding === 3, widths = encoding === 4 ? [1, 2, 4] : [0, 1, 2, 3, 4, 5, 6, 7, 8]
  need(isList ? Array.isArray(payload) : payload instanceof Uint8Array && widths.includes(width), 'a payload', 'another type')
  const size = isList ? count : encoding === 4 ? Math.ceil(count * width / 8) : count * width
  need(payload.length === size, `a payload of ${size} bytes or values`, payload.length)
  if (isList) {
    payload.forEach((value, i) => { values[i] = BigInt(integer(value)) })
    return values
  }
  const words = new Uint32Array(values.buffer) // of a processor whose numbers are little endian, as all are that run this
  if (encoding === 4) {
    for (let i = 0; i < count; i++) words[2 * i] = payload[i * width >> 3] >> i * width % 8 & (1 << width) - 1
  } else {
    for (let plane = 0; plane < width; plane++)
      for (let i = 0; i < count; i++) words[2 * i + (plane >> 2)] |= payload[plane * count + i] << 8 * (plane & 3)
  }
  let sum = encoding === 2 ? BigInt(integer(start)) : NONE
  for (let i = 0; i < count; i++) {
    values[i] += from
    if (encoding === 2) sum = values[i] = signed(sum + values[i])
  }
  return values
}

/** Of each row the row that opens its connection. */
function openings(back) {
  const first = []
  back.forEach((steps, i) => {
    need(steps >= 0 && steps <= i, 'an earlier row of the block', `${steps} rows before row ${i}`)
    first.push(steps > 0 ? first[i - steps] : i)
  })
  return first
}

const isText = value => typeof value === 'string' || value instanceof Uint8Array

function command(value) {
  need(isText(value), 'text', typeof value)
  within(typeof value === 'string' ? value.length > COMMAND ? value.length : utf8.encode(value).length : value.length, COMMAND,
    'bytes of the name of a command')
  return value
}

function processOf(entry) {
  need(entry.length >= 12, 'twelve parts of a process', entry.length)
  const process = {}
  PROCESS.forEach((name, i) => {
    const value = i < entry.length ? entry[i] : ''
    if (name === 'comm' || name === 'pcomm') command(value)
    else if (name === 'exe' || name === 'args') need(isText(value), 'text', typeof value)
    else need(integer(value) >= 0, name, value)
    process[name] = WIDE.has(name) ? BigInt(value) : value
  })
  if (entry.length > 14) process.source = Number(integer(entry[14]))
  return process
}

function addressOf(value) {
  need(value instanceof Uint8Array && (value.length === 4 || value.length === 16), 'an address of 4 or 16 bytes', typeof value)
  return value
}
