#!/usr/bin/env node
/**
 * Starts a bundle: `ctrbuild.js` the program in `ctrbuild.code.js`, `worker.js` a thread's part in `worker.code.js`.
 *
 * Compiling a megabyte of JavaScript takes longer than most commands do, so what V8 compiled is kept beside the bundle
 * in `ctrbuild.code.cache`, by the first run that finds none. V8 itself refuses what another V8 made. Where nothing can
 * be written, everything works all the same.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Script } from 'node:vm'
import { isMainThread, threadId } from 'node:worker_threads'
import { VERSION } from './version.ts'

/** In front of the compiled code stands which bundle it was compiled from. */
const HEADER_BYTES = 64
/** Milliseconds after which an idle thread keeps what it compiled. Threads are ended without further notice. */
const THREAD_SETTLED = 50

function start(launcher: string): void {
  const file = launcher.replace(/\.js$/, '.code.js')
  const cache = launcher.replace(/\.js$/, '.code.cache')
  const header = headerOf(file)
  const cachedData = readCache(cache, header)
  // A bundle has ASCII only.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const script = new Script(source, { filename: file, ...(cachedData && { cachedData }) })
  if (script.cachedDataRejected !== false) {
    const keep = () => keepCache(cache, Buffer.concat([header, script.createCachedData()]))
    if (isMainThread) process.once('exit', keep)
    else setTimeout(keep, THREAD_SETTLED).unref()
  }
  script.runInThisContext()(exports, require, module, file, __dirname)
}

/** V8 compares no more than the length of the source: another bundle at the same place is another file. */
function headerOf(file: string): Buffer {
  const { ino, mtimeMs, size } = statSync(file)
  return Buffer.from(`${ino} ${mtimeMs} ${size}`.padEnd(HEADER_BYTES).slice(0, HEADER_BYTES))
}

function readCache(cache: string, header: Buffer): Buffer | undefined {
  try {
    const bytes = readFileSync(cache)
    return bytes.subarray(0, HEADER_BYTES).equals(header) ? bytes.subarray(HEADER_BYTES) : undefined
  } catch {
    return undefined
  }
}

function keepCache(cache: string, bytes: Buffer): void {
  const draft = `${cache}.${process.pid}-${threadId}`
  try {
    writeFileSync(draft, bytes, { flag: 'wx' })
  } catch {
    // Whoever runs the program may not be who installed it.
    return
  }
  try {
    renameSync(draft, cache)
  } catch {
    rmSync(draft)
  }
}

const [first, second] = process.argv.slice(2)
// Asked by scripts often enough to be answered before anything else is loaded.
if (isMainThread && first === '--version' && second === undefined) process.stdout.write(`${VERSION}\n`)
else start(__filename)
