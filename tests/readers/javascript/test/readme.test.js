// The examples of the README print what it says. TCPTRACER_UPDATE_DOCS=1 writes what they print.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import test from 'node:test'
import { shop } from './material.js'

test('examples of the README', () => {
  const file = new URL('../README.md', import.meta.url), readme = readFileSync(file, 'utf8')
  const examples = [...readme.matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs)]
  assert.equal(examples.length, 1)
  for (const [, code, expected] of examples) {
    const program = code.replaceAll("'tcptracer-trace/node'", JSON.stringify(new URL('../src/node.js', import.meta.url).href))
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: dirname(shop), encoding: 'utf8' })
    if (process.env.TCPTRACER_UPDATE_DOCS === '1') writeFileSync(file, readme.replace(expected, () => run.stdout))
    else assert.deepEqual([run.stdout, run.stderr], [expected, ''])
  }
})
