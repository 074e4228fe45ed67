// For Node.js alone: files by their names.
import { createReadStream } from 'node:fs'
import { openTrace } from './index.js'

export * from './index.js'

/** Opens a file, which is read piece by piece. */
export const openFile = path => openTrace(createReadStream(path, { highWaterMark: 1 << 20 }))
