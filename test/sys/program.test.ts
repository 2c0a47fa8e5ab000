import { expect, test } from 'vitest'
import { runProgram, tryProgram } from '../../src/sys/program.ts'

const sh = (script: string) => ['sh', '-c', script] as const

test('gives standard output byte for byte', async () => {
  expect(await runProgram(sh('printf "a\\377\\n"'))).toEqual(Buffer.from([0x61, 0xff, 0x0a]))
})

test('runs in a fixed locale and time zone, with more environment on top', async () => {
  const output = await runProgram(sh('echo $LC_ALL $TZ $MORE'), { env: { MORE: 'more', TZ: 'Mars' } })
  expect(output.toString()).toBe('C UTC more\n')
})

test('arguments reach the program as they are, and input its standard input', async () => {
  expect((await runProgram(['printf', '%s', '$(id) "\n'])).toString()).toBe('$(id) "\n')
  expect((await runProgram(['cat'], { input: 'in' })).toString()).toBe('in')
  expect((await runProgram(['cat'])).toString()).toBe('')
})

test('a failure names the program, its status and its last word, with nothing that drives a terminal', async () => {
  await expect(
    runProgram(sh('echo first >&2; printf "the \\033[2Jlast\\n" >&2; exit 3')),
  ).rejects.toMatchObject({
    code: 'PROGRAM_FAILED',
    message: 'sh ended with exit status 3: the \\u001b[2Jlast',
  })
  await expect(runProgram(['ls', '/nonexistent'])).rejects.toThrow(
    /^ls ended with exit status 2: .*nonexistent/,
  )
})

test('a failure that the caller understands is a result', async () => {
  const result = await tryProgram(sh('echo out; echo err >&2; exit 3'))
  expect(result).toMatchObject({ exitCode: 3, killedBy: undefined, stderr: 'err\n' })
  expect(await tryProgram(sh('kill -9 $$'))).toMatchObject({ exitCode: undefined, killedBy: 'SIGKILL' })
})

test('a program that is not installed is named with its package', async () => {
  await expect(runProgram(['no-such-program'])).rejects.toMatchObject({
    code: 'PROGRAM_MISSING',
    message: 'the program no-such-program is not installed',
    hint: 'Install it: apt-get install no-such-program',
  })
})

test('a file that may not be run is not a missing one', async () => {
  await expect(runProgram(['/etc/passwd'])).rejects.toMatchObject({ code: 'PERMISSION' })
})

test.each([
  ['obeys', 'exec sleep 30'],
  ['ignores SIGTERM', 'trap "" TERM; while :; do sleep 0.05; done'],
])('an abort ends a program that %s', async (_name, script) => {
  const abort = new AbortController()
  const running = runProgram(sh(script), { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 300)
  const begun = performance.now()
  await expect(running).rejects.toThrow('enough')
  expect(performance.now() - begun).toBeLessThan(4000)
})

test('nothing is run for a signal that came before', async () => {
  await expect(
    runProgram(['no-such-program'], { signal: AbortSignal.abort(new Error('early')) }),
  ).rejects.toThrow('early')
})
