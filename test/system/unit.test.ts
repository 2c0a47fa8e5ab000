/** Units: what is made for a bundle, and that systemd understands of it what was meant. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServiceSpec } from '../../src/spec/settings.ts'
import { amendUnit, enablingLinks, makeUnit } from '../../src/system/unit.ts'
import { laterTemplate, placeUnit, unitSentence, unitWord } from '../../src/system/unit-text.ts'
import { sampleImage } from '../bundle/sample.ts'
import { needs } from '../support/programs.ts'
import { loadUnit } from '../support/systemd.ts'

const image = sampleImage().run
const made = (service: ServiceSpec, scope: 'system' | 'user' = 'system', run = image) =>
  placeUnit(
    laterTemplate(makeUnit({ name: 'app', scope, service, image: run, stopSignal: 2 })),
    '/srv/out/app',
  )

test('a unit for an image that says nothing', () => {
  expect(made({})).toMatchInlineSnapshot(`
    "# app.service, made by ctrbuild: changes are gone with the next install.

    [Unit]
    Description=app

    [Service]
    Type=simple
    ExecStartPre=-/srv/out/app/stop
    ExecStart=/srv/out/app/run
    ExecStop=/srv/out/app/stop
    KillMode=mixed
    SuccessExitStatus=143 130
    Delegate=yes
    Restart=on-failure

    [Install]
    WantedBy=multi-user.target"
  `)
})

test('a unit with everything, for a user', () => {
  const service: ServiceSpec = {
    description: '100% of it',
    before: ['docker.service', 'containerd.service'],
    after: ['network-online.target'],
    wants: ['network-online.target'],
    requires: ['dbus.socket'],
    type: 'notify',
    restart: 'always',
    restartSec: '5',
    timeoutStart: '2min',
    timeoutStop: 'infinity',
  }
  expect(made(service, 'user', { ...image, stopSignal: 'SIGRTMIN+3' })).toMatchInlineSnapshot(`
    "# app.service, made by ctrbuild: changes are gone with the next install.

    [Unit]
    Description=100%% of it
    Wants=network-online.target
    Requires=dbus.socket
    Before=docker.service containerd.service
    After=network-online.target

    [Service]
    Type=notify
    NotifyAccess=all
    ExecStartPre=-/srv/out/app/stop
    ExecStart=/srv/out/app/run
    ExecStop=/srv/out/app/stop
    KillMode=mixed
    SuccessExitStatus=143 130
    Delegate=yes
    Restart=always
    RestartSec=5
    TimeoutStartSec=2min
    TimeoutStopSec=infinity

    [Install]
    WantedBy=default.target"
  `)
})

describe('what bundles.yaml says counts over the image', () => {
  const text = '[Unit]\nDescription=x\n[Service]\nExecStart=/x\n\n[Install]\nWantedBy=multi-user.target\n'
  const amended = (service: ServiceSpec, scope: 'system' | 'user' = 'system') =>
    amendUnit(text, { scope, service, stopSignal: 15 })

  test('and stands below', () => {
    expect(amended({ before: ['docker.service'], description: 'y' })).toContain(
      '# By ctrbuild, and from bundles.yaml:\n\n[Unit]\nDescription=y\nBefore=docker.service\n\n[Service]\n',
    )
  })
  test("a user's service is wanted by default.target alone", () => {
    expect(enablingLinks(amended({}, 'user'))).toEqual(['default.target.wants'])
    expect(enablingLinks(amended({}))).toEqual(['multi-user.target.wants'])
  })
})

test('links are those that systemctl would make', () => {
  const text = '[Install]\nWantedBy=a.target \\\n b.target\nRequiredBy=c.service\n[Unit]\nWantedBy=d.target\n'
  expect(enablingLinks(text)).toEqual(['a.target.wants', 'b.target.wants', 'c.service.requires'])
  expect(enablingLinks('[Install]\nWantedBy=../x/y.target a/b')).toEqual([])
})

test('systemd reads every word as it was meant', async ctx => {
  needs(ctx, 'systemd-analyze', 'setpriv')
  const words = fc.sample(
    fc.string({ unit: fc.constantFrom(...`a/% $"'\\;{}éx`, 'Ω', '𝄞', '-', '@'), maxLength: 12 }),
    { numRuns: 300, seed: 3 },
  )
  const lines = words.map(word => `ExecStart=/bin/true ${unitWord(word)}`)
  const { commands } = await loadUnit(`[Service]\nType=oneshot\n${lines.join('\n')}\n`)
  // Variables are looked for when it starts: "$$" is "$" then.
  expect(commands.map(({ words }) => words[1]?.replaceAll('$$', '$'))).toEqual(words)
  expect(commands.every(({ words }) => !/(?<!\$)\$(\$\$)*(?!\$)/.test(words[1]!))).toBe(true)
})

test('systemd reads every sentence as it was meant', async ctx => {
  needs(ctx, 'systemd-analyze', 'setpriv')
  for (const text of ['100% of $HOME', 'a \\', 'it\'s "quoted" \\n', '%h %% %', 'ends in \\\\']) {
    const { settings } = await loadUnit(
      `[Unit]\nDescription=${unitSentence(text)}\n[Service]\nExecStart=/bin/true\n`,
    )
    expect(settings.get('Description')).toEqual([text])
  }
})

const PATHS = ['/srv/my bundles/app', '/srv/50% off', '/srv/a;b {c}', '/srv/ü']
test.for(PATHS)('a bundle can lie in %s', async (path, ctx) => {
  needs(ctx, 'systemd-analyze', 'setpriv')
  const template = laterTemplate(makeUnit({ name: 'app', scope: 'user', service: {}, image, stopSignal: 15 }))
  const { commands } = await loadUnit(
    placeUnit(`${template}\n[Service]\nWorkingDirectory=\${DESTDIR}\n`, path),
  )
  expect(commands).toEqual(
    [
      ['ExecStartPre', 'stop'],
      ['ExecStart', 'run'],
      ['ExecStop', 'stop'],
    ].map(([key, script]) => ({
      key,
      words: [`${path}/${script}`],
    })),
  )
})

test.each(['/srv/$x', '/srv/"x"', "/srv/it's", '/srv/a\\b', '/srv/a\nb'])(
  '%j is refused: no unit can name it',
  path => {
    expect(() => placeUnit('ExecStart=/x', path)).toThrowError(
      expect.objectContaining({ code: 'INSTALL_PATH' }),
    )
  },
)
