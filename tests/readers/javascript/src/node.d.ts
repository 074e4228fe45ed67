import type { AsyncTrace } from './index.js'

export * from './index.js'

/** Opens a file, which is read piece by piece. */
export function openFile(path: string | URL): Promise<AsyncTrace>
