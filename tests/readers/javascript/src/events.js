// From a row of the file to an event with the names of `tcptracer show -o json`.

const OPERATIONS = ['', 'connect', 'accept', 'close', 'unknown', 'connect-failed', 'existing', 'progress', 'unaccepted']
const REASONS = ['none', 'close', 'peer-close', 'exit', 'reset-sent', 'reset-received', 'timed-out', 'killed', 'aborted', 'reset']
const ATTRIBUTIONS = ['none', 'task', 'stored', 'listener', 'cgroup', 'netns']
const ENDS = [3, 4], WITHOUT_LATENCY = [3, 4, 6, 7, 8], COUNTED = [3, 4, 6, 7], LISTENED = [2, 8], FAILED = 5
const UNTIMED = 1, NO_SYN = 8, UNCOUNTED = 16
const FLAGS = { mptcp: 2, late: 4, no_syn: NO_SYN, uncounted: UNCOUNTED, unfinished: 32 }
// Linux numbers, which are the same on x86-64 and arm64
const ERRORS = ` EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV
ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS
ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT
ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG
ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS
EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL
EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE
ERFKILL`.split(/\s/)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The event. A key that does not apply to it is left out. */
export function eventOf(row, node, place, far) {
  const { operation, flags } = row
  const isEnd = ENDS.includes(operation), isTimed = !(flags & UNTIMED), isCounted = COUNTED.includes(operation) && !(flags & UNCOUNTED)
  const span = BigInt.asIntN(64, row.ts - row.start), age = exact(span > 0n ? span : 0n)
  const event = {
    type: 'normal', node, namespace: place.namespace, pod: place.pod, container: place.container, pid: row.pid, comm: textOf(row.comm),
    ipversion: isV4(row.saddr) ? 4 : 6, saddr: addressOf(row.saddr), daddr: addressOf(row.daddr), sport: row.sport, dport: row.dport,
    operation: OPERATIONS[operation] || `unknown(${operation})`, timestamp: timeOf(row.wall), tid: row.tid, uid: row.uid, gid: row.gid,
    conn: `${BigInt.asUintN(64, row.start).toString(16)}.${(row.cpu >>> 0).toString(16)}`,
  }
  if (row.error) event.error = ERRORS[row.error]?.replace('-', '') || `errno ${row.error}`
  if (row.reason) event.reason = REASONS[row.reason] ?? 'unknown'
  if (isTimed && !WITHOUT_LATENCY.includes(operation)) event.latency_ns = age
  if (isTimed && isEnd) event.duration_ns = age
  if (isCounted) Object.assign(event, { sent_bytes: exact(row.sent), received_bytes: exact(row.received) })
  if (isCounted || (operation === FAILED && !(flags & (NO_SYN | UNCOUNTED)))) event.retransmits = row.retransmits
  if (row.srtt && (isEnd || isCounted)) event.srtt_us = row.srtt
  event.netns = row.netns
  if (row.mntns) event.mntns = row.mntns
  if (row.cgroup) event.cgroup = exact(row.cgroup)
  event.attribution = ATTRIBUTIONS[row.attribution] ?? 'unknown'
  if (row.flow) event.flow = row.flow.toString(16).padStart(16, '0')
  if (row.exe.length) event.exe = textOf(row.exe)
  if (row.closing > 0n && isEnd) event.close_ns = exact(row.closing)
  addRest(event, row, place, far)
  return event
}

/** What `tcptracer show` prints only if --fields asks for it. */
function addRest(event, row, place, far) {
  event.ppid = row.ppid
  event.pcomm = textOf(row.pcomm)
  if (row.fd >= 0) event.fd = row.fd
  const role = ENDS.includes(row.operation) ? 'actor' : LISTENED.includes(row.operation) ? 'listener' : null
  if (role && row.other_pid) Object.assign(event, { [`${role}_pid`]: row.other_pid, [`${role}_comm`]: textOf(row.other_comm) })
  if (row.cgroup_v1) event.cgroup_v1 = exact(row.cgroup_v1)
  if (row.netns_cookie) event.netns_cookie = exact(row.netns_cookie)
  event.boottime_ns = exact(row.ts)
  if (far.isNamed) event.dst_pod = `${far.namespace}/${far.pod}`
  if (row.far_cgroup) event.dst_cgroup = exact(row.far_cgroup)
  if (row.far_cgroup_v1) event.dst_cgroup_v1 = exact(row.far_cgroup_v1)
  for (const [name, value] of [['container_id', place.containerId], ['pod_uid', place.podUid], ['image', place.image], ['owner', place.owner],
    ['labels', place.labels]])
    if (value) event[name] = value
  for (const [name, flag] of Object.entries(FLAGS)) if (row.flags & flag) event[name] = true
  if (row.args.length) event.argv = textOf(row.args).split('\0')
}

/** A number where that is exact, else a bigint: nothing is rounded. */
export const exact = value => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value

/** A name that is not UTF-8 is bytes in the file: each byte that cannot be read becomes U+FFFD, as in the JSON of tcptracer. */
export function textOf(text) {
  if (typeof text === 'string') return text
  let read = ''
  for (let at = 0; at < text.length;) {
    const lead = text[at], size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    try {
      read += utf8.decode(text.subarray(at, at + size))
      at += size
    } catch {
      read += '\ufffd'
      at++
    }
  }
  return read
}

const isV4 = bytes => bytes.length === 4 || (bytes.length === 16 && bytes.every((b, i) => i > 11 || b === (i < 10 ? 0 : 255)))

/** The text of an address (RFC 5952); of a v4-mapped one that of its IPv4 address. */
export function addressOf(bytes) {
  if (isV4(bytes)) return bytes.slice(-4).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8 | bytes[2 * i + 1]).toString(16))
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (groups[at + length] === '0') length++
    if (length > best.length) best = { at, length }
  }
  if (best.at < 0) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`
}

/** A moment in RFC 3339, with nine digits. */
export function timeOf(wall) {
  const nanoseconds = (wall % 1_000_000_000n + 1_000_000_000n) % 1_000_000_000n
  const text = new Date(Number((wall - nanoseconds) / 1_000_000n)).toISOString()
  return `${text.slice(0, -5)}.${nanoseconds.toString().padStart(9, '0')}Z`
}
