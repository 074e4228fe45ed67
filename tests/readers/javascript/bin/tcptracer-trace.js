#!/usr/bin/env node
// tcptracer-trace [--events] FILE: one JSON object an event; without --events with the columns of the file. What cannot be read is said on
// stderr. Exit status: 0 done, 1 it cannot be read, 2 usage, 3 some of it was damaged.
import { writeSync } from 'node:fs'
import { openFile } from '../src/node.js'

const MOST_SENTENCES = 10, BUFFER = 1 << 16
const [option, path = option] = process.argv.slice(2), isEvents = option === '--events'
if (!path || process.argv.length > 4 || (process.argv.length === 4 && !isEvents) || path.startsWith('-')) {
  console.error('usage: tcptracer-trace [--events] FILE')
  process.exit(2)
}

const json = value => {
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('hex')}"`
  if (typeof value === 'bigint') return `${value}`
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
  return `{${Object.entries(value).map(([key, v]) => `${JSON.stringify(key)}:${json(v)}`).join(',')}}`
}

let lines = ''
const flush = () => {
  for (let bytes = Buffer.from(lines); bytes.length > 0;) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if (error.code === 'EPIPE') process.exit(1)
      if (error.code !== 'EAGAIN') throw error
    }
  }
  lines = ''
}

try {
  const trace = await openFile(path)
  for await (const item of isEvents ? trace : trace.rows()) {
    lines += `${json(item)}\n`
    if (lines.length > BUFFER) flush()
  }
  flush()
  for (const { message } of trace.problems.slice(0, MOST_SENTENCES)) console.error(`${path}: ${message}`)
  if (trace.problemCount > MOST_SENTENCES) console.error(`${path}: and ${trace.problemCount - MOST_SENTENCES} more places`)
  const unknown = [...trace.unknown].sort().join(', ').slice(0, 1000)
  if (unknown) console.error(`${path}: passed over what this reader does not know: ${unknown}`)
  process.exitCode = trace.problems.some(problem => problem.kind !== 'cut') ? 3 : 0
} catch (error) {
  if (error.syscall !== 'write') flush()
  console.error(`${path}: ${error.message}`)
  process.exitCode = 1
}
