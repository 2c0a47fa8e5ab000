#!/usr/bin/env node
/**
 * Starts a bundle: `ctrbuild.js` the program in `ctrbuild.code.js`, `worker.js` a thread's part in `worker.code.js`.
 *
 * Compiling a megabyte of JavaScript takes longer than most commands do, so what V8 compiled is kept beside the bundle
 * in `ctrbuild.code.cache`: by the first run that finds none, and by a longer one that compiled more. V8 itself
 * refuses what another V8 made. Where nothing can be written, everything works all the same.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type * as v8 from 'node:v8'
import { Script } from 'node:vm'
import { isMainThread, threadId } from 'node:worker_threads'
import { VERSION } from './version.ts'

/** In front of the compiled code stands which bundle it was compiled from, and how much there was. */
const HEADER_BYTES = 96
/**
 * Milliseconds after which it is worth looking whether more was compiled than is kept. Threads do so as soon as they have
 * nothing to do then, as they are ended without further notice.
 */
const LONG = 200
/** How many times as much as is kept is more. */
const MORE = 1.02

/** What an earlier run kept. */
interface Kept {
  readonly code: Buffer
  /** Bytes of bytecode that the run had when it kept it. */
  readonly compiled: number
}

function start(launcher: string): void {
  const file = launcher.replace(/\.js$/, '.code.js')
  const cache = launcher.replace(/\.js$/, '.code.cache')
  const bundle = bundleOf(file)
  const kept = readCache(cache, bundle)
  // A bundle has ASCII only.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const script = new Script(source, { filename: file, ...(kept && { cachedData: kept.code }) })
  const isKept = kept !== undefined && !script.cachedDataRejected
  // What another V8 compiled is still there, unless another thread has been faster.
  const keptSince = () => {
    const now = readCache(cache, bundle)
    return now?.compiled === kept?.compiled ? undefined : now
  }
  const keep = () => {
    if (isKept && performance.now() < LONG) return
    const { getHeapCodeStatistics } = require('node:v8') as typeof v8
    const { bytecode_and_metadata_size: compiled } = getHeapCodeStatistics()
    const there = isKept ? kept : keptSince()
    if (there !== undefined && compiled < MORE * there.compiled) return
    const header = Buffer.from(`${bundle} ${compiled}`.padEnd(HEADER_BYTES))
    keepCache(cache, () => Buffer.concat([header, script.createCachedData()]))
  }
  if (isMainThread) process.once('exit', keep)
  else setTimeout(keep, LONG).unref()
  script.runInThisContext()(exports, require, module, file, __dirname)
}

/** V8 compares no more than the length of the source: another bundle at the same place is another file. */
function bundleOf(file: string): string {
  const { ino, mtimeMs, size } = statSync(file)
  return `${ino} ${mtimeMs} ${size}`
}

function readCache(cache: string, bundle: string): Kept | undefined {
  try {
    const bytes = readFileSync(cache)
    const header = bytes.toString('latin1', 0, HEADER_BYTES)
    if (!header.startsWith(`${bundle} `)) return undefined
    return { code: bytes.subarray(HEADER_BYTES), compiled: Number(header.slice(bundle.length)) }
  } catch {
    return undefined
  }
}

/** Puts what `make` gives in place of the cache; it is not asked where nothing can be written. */
function keepCache(cache: string, make: () => Buffer): void {
  const draft = `${cache}.${process.pid}-${threadId}`
  let fd: number
  try {
    fd = openSync(draft, 'wx')
  } catch {
    // Whoever runs the program may not be who installed it.
    return
  }
  try {
    writeFileSync(fd, make())
    renameSync(draft, cache)
  } catch {
    rmSync(draft)
  } finally {
    closeSync(fd)
  }
}

const [first, second] = process.argv.slice(2)
// Asked by scripts often enough to be answered before anything else is loaded.
if (isMainThread && first === '--version' && second === undefined) process.stdout.write(`${VERSION}\n`)
else start(__filename)
