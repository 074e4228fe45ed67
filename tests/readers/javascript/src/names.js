// Which pod and container a process is in, by what the metadata of a trace said so far.
import { Bad, need, within } from './errors.js'

const LABELS = 256 << 10, PARTS = 196608, BYTES = 20 << 20, LIST = 65536, SHORT_ID = 12
const LISTS = ['pods', 'containers', 'cgroups', 'services', 'nodes']
const CLAIMS = { pods: 6, services: 3, nodes: 1 }
const FORGOTTEN = [null, 'pods', 'containers', 'cgroups', 'services', 'nodes']
const utf8 = new TextEncoder()

const placeOf = (namespace, pod, container, rest = {}) =>
  ({ namespace, pod, container, containerId: '', podUid: '', image: '', owner: '', labels: null, isNamed: false, ...rest })
const HOST = placeOf('<>', '<>', '<>'), UNKNOWN = placeOf('?', '?', '?')
export const NOBODY = HOST

const isText = v => typeof v === 'string', isNumber = v => Number.isInteger(v) || typeof v === 'bigint', isList = Array.isArray
const isLabels = v => v instanceof Map && [...v.values()].every(isText)
const isClaims = v => isList(v) && v.every(c => isList(c) && c[0] instanceof Uint8Array && isNumber(c[1]) && (c[2] === null || isNumber(c[2])))
const CHECKS = {
  pods: [isText, isText, isText, isText, isText, isLabels, isClaims], containers: [isText, isText, isText, isText],
  cgroups: [isNumber, isNumber, isText], services: [isText, isText, isText, isClaims], nodes: [isText, isClaims], forgotten: [isNumber, isText],
}

/** What the metadata of one source said so far. The budget is of all sources together, from one checkpoint to the next. */
export class Names {
  isInformed = false
  places = new Map()

  constructor(budget) {
    this.budget = budget
    this.clear()
  }

  clear() {
    this.known = Object.fromEntries(LISTS.map(name => [name, new Map()]))
  }

  /** Takes a record of metadata, which is checked as a whole before anything of it counts. */
  take(record, size, length) {
    const lists = Object.fromEntries(Object.keys(CHECKS).map(name => [name, record.get(name) ?? []]))
    let parts = 0, labels = 0, claims = 0
    for (const [name, entries] of Object.entries(lists)) {
      need(isList(entries), `a list of ${name}`, typeof entries)
      within(entries.length, LIST, name)
      for (const entry of entries)
        if (!isList(entry) || !CHECKS[name].every((is, i) => is(entry[i]))) throw new Bad(`an entry of ${name}`, 'other parts')
      parts += entries.length
      if (CLAIMS[name]) for (const entry of entries) claims += entry[CLAIMS[name]].length
    }
    for (const pod of lists.pods) {
      labels += pod[5].size
      let bytes = 0
      for (const [key, value] of pod[5]) bytes += utf8.encode(key).length + utf8.encode(value).length
      within(bytes, LABELS, 'bytes of labels')
    }
    within(parts + claims + Math.floor(labels / 2), 64 + 2 * size, 'entries of metadata in such a frame')
    const { budget } = this, isCheckpoint = record.get('checkpoint') === true
    if (isCheckpoint) budget.parts = budget.bytes = 0
    within(budget.parts + parts + 2 * claims + labels, PARTS, 'entries of metadata from one checkpoint to the next')
    within(budget.bytes + length, BYTES, 'bytes of metadata from one checkpoint to the next')
    budget.parts += parts + 2 * claims + labels
    budget.bytes += length
    if (isCheckpoint) this.clear()
    this.isInformed = true
    this.places.clear()
    for (const [kind, key] of lists.forgotten) this.known[FORGOTTEN[kind]]?.delete(key)
    for (const name of LISTS)
      for (const entry of lists[name]) this.known[name].set(name === 'cgroups' ? `${entry[0]}:${entry[1]}` : entry[0], entry)
  }

  /** Where a process in two cgroups runs. */
  of(cgroup, cgroupV1) {
    if (!this.isInformed) return HOST
    const key = `${cgroup}:${cgroupV1}`
    if (!this.places.has(key)) {
      if (this.places.size >= 4096) this.places.clear()
      this.places.set(key, this.find(cgroup, cgroupV1))
    }
    return this.places.get(key)
  }

  find(cgroup, cgroupV1) {
    const unified = this.known.cgroups.get(`0:${cgroup}`)?.[2], memory = this.known.cgroups.get(`1:${cgroupV1}`)?.[2]
    let ids = idsOf(memory)
    if (ids && !ids[0] && !ids[1]) ids = idsOf(unified ?? memory)
    if (!ids) return UNKNOWN
    const [pathUid, id] = ids
    if (!pathUid && !id) return unified === undefined && memory === undefined && (cgroup || cgroupV1) ? UNKNOWN : HOST
    const [, uid, named, image] = this.known.containers.get(id) ?? [id, pathUid, '', '']
    const name = named || id.slice(0, SHORT_ID) || '<>', rest = { containerId: id, image, podUid: uid }
    if (!uid) return placeOf('<>', '<>', name, rest)
    const pod = this.known.pods.get(uid)
    if (!pod) return placeOf('?', uid, name, rest)
    return placeOf(pod[1], pod[2], name, { ...rest, owner: pod[4], labels: pod[5].size ? Object.fromEntries(pod[5]) : null, isNamed: true })
  }
}

/** Pod uid and container id of the path of a cgroup; null: its outermost names are missing. */
export function idsOf(path = '') {
  if (path.startsWith('...')) return null
  const parts = path.split('/').filter(p => p), root = Math.max(0, parts.findIndex(p => p.includes('kubepods')))
  const isUsers = parts[0] === 'user.slice' && !parts.slice(0, root).some(p => isId(unwrap(p)))
  for (let i = 0; i < (isUsers ? 0 : parts.length); i++) {
    const [first, ...rest] = parts[i].split(':'), container = () => unwrap(rest.length ? rest.at(-1) : parts[i + 1] ?? '')
    const inSlice = first.includes('kubepods') && /^.*-pod(.*)\.slice$/s.exec(first)
    if (inSlice) return [inSlice[1].replaceAll('_', '-'), container()]
    const plain = parts.slice(0, i).some(p => p.includes('kubepods')) && /^pod(.+)$/s.exec(first)
    if (plain && !(first.endsWith('.slice') && first.includes('kubepods'))) return [plain[1], container()]
  }
  return ['', parts.reverse().map(p => unwrap(p.split(':').at(-1))).find(isId) ?? '']
}

const isId = name => /^[0-9a-f]{64}$/.test(name)

function unwrap(part) {
  const name = part.endsWith('.scope') ? part.slice(0, -6) : part
  return /^(crio|libpod)-conmon-/.test(name) ? '' : name.replace(/^(cri-containerd|crio|docker|libpod|nerdctl)-/, '')
}
