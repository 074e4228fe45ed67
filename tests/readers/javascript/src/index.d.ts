/** A number where that is exact, else a bigint: nothing is rounded. */
export type Whole = number | bigint

/**
 * What happened to a connection, with the names and values of `tcptracer show -o json`. docs/reference/fields.md says what each means. A key
 * that does not apply is left out.
 */
export interface Event {
  type: 'normal'
  node: string
  namespace: string
  pod: string
  container: string
  pid: number
  comm: string
  ipversion: 4 | 6
  saddr: string
  daddr: string
  sport: number
  dport: number
  /** connect, accept, close, unknown, connect-failed, existing, progress, unaccepted; `unknown(17)` for one of a later version. */
  operation: string
  /** RFC 3339 with nine digits: `new Date(event.timestamp)` has the milliseconds. */
  timestamp: string
  tid: number
  uid: number
  gid: number
  conn: string
  error?: string
  reason?: string
  latency_ns?: Whole
  duration_ns?: Whole
  sent_bytes?: Whole
  received_bytes?: Whole
  retransmits?: number
  srtt_us?: number
  netns: number
  mntns?: number
  cgroup?: Whole
  attribution: string
  flow?: string
  exe?: string
  close_ns?: Whole
  ppid: number
  pcomm: string
  fd?: number
  actor_pid?: number
  actor_comm?: string
  listener_pid?: number
  listener_comm?: string
  cgroup_v1?: Whole
  netns_cookie?: Whole
  boottime_ns: Whole
  dst_pod?: string
  dst_cgroup?: Whole
  dst_cgroup_v1?: Whole
  container_id?: string
  pod_uid?: string
  image?: string
  owner?: string
  labels?: Record<string, string>
  mptcp?: true
  late?: true
  no_syn?: true
  uncounted?: true
  unfinished?: true
  argv?: string[]
}

/** The same with the columns of the file, see docs/trace-format.md: numbers instead of words. A text that is not UTF-8 is bytes. */
export interface Row {
  operation: number
  reason: number
  attribution: number
  flags: number
  error: number
  ts: bigint
  wall: bigint
  start: bigint
  cpu: number
  fd: number
  saddr: Uint8Array
  daddr: Uint8Array
  sport: number
  dport: number
  pid: number
  tid: number
  uid: number
  gid: number
  ppid: number
  comm: string | Uint8Array
  pcomm: string | Uint8Array
  netns: number
  netns_cookie: bigint
  mntns: number
  cgroup: bigint
  cgroup_v1: bigint
  exe: string | Uint8Array
  args: string | Uint8Array
  /** Of a merged trace: which of its traces. */
  source?: number
  other_pid: number
  other_comm: string | Uint8Array
  retransmits: number
  srtt: number
  sent: bigint
  received: bigint
  flow: bigint
  closing: bigint
  far_cgroup: bigint
  far_cgroup_v1: bigint
}

/** A record, decoded but not interpreted. */
export interface TraceRecord {
  kind: string
  content: Record<string, unknown>
  offset: number
  size: number
}

/** Something that was not read. cut: the trace ends within a frame, as after a crash, and everything before is good. */
export interface Problem {
  offset: number
  kind: 'damage' | 'limit' | 'gap' | 'order' | 'cut'
  expected: string
  found: string
  /** All of it in a sentence. */
  message: string
}

export interface Loss {
  from: Whole
  to: Whole
  source: string
  count: Whole
  total: Whole
}

export interface Claim {
  address: string
  since: Whole
  until: Whole | null
}

export interface Pod {
  uid: string
  namespace: string
  name: string
  node: string
  owner: string
  labels: Record<string, string>
  claims: Claim[]
  source?: number
}

/** What is noticed while a trace is read. Lists have at most 1000 entries. */
interface Reading {
  /** The first header record; null before it was read, or if it is lost. */
  readonly header: Record<string, unknown> | null
  /** All of them: one trace may follow another in a file. */
  readonly headers: Record<string, unknown>[]
  /** How many events the recorder lost, by reason. */
  readonly lost: Record<string, number>
  readonly losses: Loss[]
  /** The last end record; null: there is none, or not yet. */
  readonly end: Record<string, unknown> | null
  readonly problems: Problem[]
  readonly problemCount: number
  /** What a later version wrote, and this reader passed over. */
  readonly unknown: Set<string>
  /** What is known of names after what was read so far. */
  readonly pods: Pod[]
  readonly containers: { id: string, pod_uid: string, name: string, image: string, source?: number }[]
  readonly services: { uid: string, namespace: string, name: string, claims: Claim[], source?: number }[]
  readonly nodes: { name: string, claims: Claim[], source?: number }[]
}

/** A trace whose bytes are all there. Iterate over it once, in one of three ways. */
export class Trace implements Iterable<Event> {
  private constructor()
  [Symbol.iterator](): Iterator<Event>
  rows(): IterableIterator<Row>
  records(): IterableIterator<TraceRecord>
}
export interface Trace extends Reading {}

/** A trace whose bytes come one after the other. Iterate over it once, in one of three ways. */
export class AsyncTrace implements AsyncIterable<Event> {
  private constructor()
  [Symbol.asyncIterator](): AsyncIterator<Event>
  rows(): AsyncIterableIterator<Row>
  records(): AsyncIterableIterator<TraceRecord>
  /** Lets go of the source before its end. */
  close(): Promise<void>
}
export interface AsyncTrace extends Reading {}

/** It cannot be read at all: it is no trace, or it needs a newer reader. The message is one sentence. */
export class TraceError extends Error {}

/** Reads a trace whose bytes are all there. A packed one needs openTrace(). */
export function readTrace(bytes: Uint8Array | ArrayBuffer): Trace

/** Reads a trace piece by piece; also one that is packed with gzip, or with zstd where JavaScript can unpack it. */
export function openTrace(source: Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<AsyncTrace>
