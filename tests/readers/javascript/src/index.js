// For Node.js and browsers: it uses nothing but the language and the web's own streams.
import { TraceError } from './errors.js'
import { AsyncTrace, Trace } from './trace.js'

export { AsyncTrace, Trace, TraceError }

const isGzip = head => head[0] === 0x1f && head[1] === 0x8b
const isZstd = head => head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd

/** Reads a trace whose bytes are all there. One that is packed needs openTrace(). */
export function readTrace(bytes) {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  if (isGzip(all) || isZstd(all)) throw new TraceError('this trace is packed: openTrace() reads it, readTrace() does not')
  return new Trace(all)
}

/** Reads a trace from a Blob, a ReadableStream or an (async) iterable of Uint8Array; also one that is packed with gzip. */
export async function openTrace(source) {
  const chunks = chunksOf(source), first = []
  let size = 0, isEnded = false
  while (size < 4 && !isEnded) {
    const { done, value } = await chunks.next()
    isEnded = done
    if (!done) {
      first.push(value)
      size += value.length
    }
  }
  const head = first.length === 1 ? first[0] : first.flatMap(chunk => [...chunk])
  const all = (async function* () {
    try {
      yield* first
      if (!isEnded) yield* chunks
    } finally {
      await chunks.return?.()
    }
  })()
  if (isGzip(head)) return new AsyncTrace(unpacked(all, 'gzip'))
  return new AsyncTrace(isZstd(head) ? unpacked(all, 'zstd') : all)
}

function chunksOf(source) {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return chunksOf([new Uint8Array(source)])
  if (typeof Blob !== 'undefined' && source instanceof Blob) return chunksOf(source.stream())
  if (Symbol.asyncIterator in source || Symbol.iterator in source) return (async function* () { yield* source })()
  return (async function* () { // a browser whose streams cannot be iterated
    const reader = source.getReader()
    try {
      for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value
    } finally {
      await reader.cancel()
    }
  })()
}

function unpacked(chunks, how) {
  let through
  try {
    through = new DecompressionStream(how)
  } catch {
    throw new TraceError(`this trace is packed with ${how}, which this version of JavaScript cannot unpack: unpack it with ${how} -d`)
  }
  let fault // of what is read, not of the packing
  const pulled = new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next().catch(error => { throw fault = error })
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => chunks.return?.(),
  }, { highWaterMark: 0 })
  return (async function* () {
    try {
      yield* chunksOf(pulled.pipeThrough(through))
    } catch (error) { // what was unpacked before a damage is lost with it here; other programs give it
      throw fault ?? new TraceError(`what ${how} packed is damaged (${error.message}): ${how} -dc gives a trace with what comes before the damage`)
    }
  })()
}
