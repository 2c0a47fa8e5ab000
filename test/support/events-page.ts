/** The page of the JSON lines that apply writes, made from one example of each event. */
import type { Event } from '../../src/report/events.ts'

type Kind = Event['kind']
type Members<K extends Kind> = { readonly [M in keyof Omit<Extract<Event, { kind: K }>, 'kind'>]-?: string }

/** What each record tells: every member of every event, or it does not compile. */
export const RECORDS: {
  readonly [K in Kind]: {
    readonly says: string
    readonly members: Members<K>
    readonly example: Extract<Event, { kind: K }>
  }
} = {
  note: {
    says: 'Something worth knowing.',
    members: { message: 'A sentence.' },
    example: { kind: 'note', message: 'a sentence' },
  },
  warning: {
    says: 'Something is not as it was asked for.',
    members: { code: 'A stable name.', message: 'A sentence.', hint: 'What to do; may be absent.' },
    example: {
      kind: 'warning',
      code: 'DROPPED',
      message: '2 device nodes were dropped',
      hint: 'Run as root to keep them',
    },
  },
  fetch: {
    says: "An image's missing layers are being fetched. At most once a second for each image; the first one tells that it begins.",
    members: { image: 'Its reference.', bytes: 'So far.', total: 'In all.' },
    example: { kind: 'fetch', image: 'docker.io/library/redis:7-alpine', bytes: 4194304, total: 17301504 },
  },
  fetched: {
    says: 'They are all there.',
    members: { image: 'Its reference.', bytes: 'In all.', seconds: 'How long it took.' },
    example: { kind: 'fetched', image: 'docker.io/library/redis:7-alpine', bytes: 17301504, seconds: 2.4 },
  },
  retry: {
    says: 'A registry is asked again.',
    members: {
      image: 'Its reference.',
      attempt: 'From 1.',
      seconds: 'How long is waited before.',
      code: 'Of what went wrong (errors.md).',
      message: 'What went wrong.',
    },
    example: {
      kind: 'retry',
      image: 'docker.io/library/redis:7-alpine',
      attempt: 1,
      seconds: 0.4,
      code: 'SOURCE_UNAVAILABLE',
      message: 'the registry does not answer as it should',
    },
  },
  import: {
    says: 'A layer is being imported. At most once a second for each layer; the first one tells that it begins.',
    members: {
      layer: 'The first digits of its diffID.',
      image: 'Its reference.',
      bytes: 'Of its blob, so far.',
      total: 'In all.',
    },
    example: {
      kind: 'import',
      layer: '0123456789ab',
      image: 'docker.io/library/redis:7-alpine',
      bytes: 0,
      total: 3418112,
    },
  },
  imported: {
    says: 'It is in the store.',
    members: {
      layer: 'The first digits of its diffID.',
      image: 'Its reference.',
      bytes: 'Of its blob.',
      entries: 'Files, directories and links.',
      seconds: 'How long it took.',
    },
    example: {
      kind: 'imported',
      layer: '0123456789ab',
      image: 'docker.io/library/redis:7-alpine',
      bytes: 3418112,
      entries: 482,
      seconds: 0.2,
    },
  },
  merged: {
    says: 'A union of layers was made.',
    members: {
      chain: 'The first digits of its chain ID.',
      entries: 'Files, directories and links.',
      seconds: 'How long it took.',
    },
    example: { kind: 'merged', chain: 'ba9876543210', entries: 910, seconds: 0.01 },
  },
  bundle: {
    says: 'A bundle was switched to its new generation, or removed.',
    members: {
      name: 'Its name.',
      action: '`create`, `update` or `remove`.',
      digest: 'Of its bytes; empty where it was removed.',
    },
    example: { kind: 'bundle', name: 'redis', action: 'create', digest: 'sha256:cdcdcdcdcdcd' },
  },
  failed: {
    says: 'A step failed. What does not need it goes on.',
    members: {
      step: 'Its `id` in the plan.',
      code: 'A code of errors.md.',
      message: 'What went wrong.',
      hint: 'What to do; may be absent.',
    },
    example: {
      kind: 'failed',
      step: 'assemble nginx',
      code: 'USER_UNKNOWN',
      message: 'no user "web"',
      hint: 'Name one that the image has',
    },
  },
  skipped: {
    says: 'A step was not tried.',
    members: { step: 'Its `id` in the plan.', because: 'The `id` of the step that failed.' },
    example: {
      kind: 'skipped',
      step: 'assemble etcd',
      because: 'fetch docker.io/library/etcd:3 linux/amd64',
    },
  },
  summary: {
    says: 'All steps are over. Nothing comes after it but an `error`.',
    members: {
      created: 'Bundles.',
      updated: 'Bundles.',
      removed: 'Bundles.',
      failed: 'Steps.',
      skipped: 'Steps.',
      seconds: 'How long it took.',
    },
    example: { kind: 'summary', created: 1, updated: 0, removed: 0, failed: 0, skipped: 0, seconds: 3.1 },
  },
}

/** Records that are not events of an apply. */
export const OTHERS = {
  version: {
    says: 'The first one, once something is done.',
    members: { ui: 'Version of this format: `MAJOR.MINOR`.' },
  },
  diagnostic: {
    says: 'Something in bundles.yaml is wrong, or worth a warning.',
    members: {
      severity: '`error` or `warning`.',
      code: 'A stable name.',
      file: 'As it was given.',
      line: 'From 1.',
      col: 'From 1, in UTF-16 units.',
      endLine: 'May be null.',
      endCol: 'May be null.',
      path: 'Keys and positions that lead to the value.',
      message: 'A sentence.',
      hint: 'What to do; may be null.',
    },
  },
  error: {
    says: 'The last one, where the command fails.',
    members: {
      code: 'A code of errors.md.',
      message: 'What went wrong.',
      hint: 'What to do; may be absent.',
      stack: 'Only for mistakes in ctrbuild.',
    },
  },
} as const

/** The page. */
export function eventsPage(): string {
  const all = { ...OTHERS, ...RECORDS } as Readonly<
    Record<string, { readonly says: string; readonly members: Readonly<Record<string, string>> }>
  >
  const lines = Object.values(RECORDS).map(({ example: { kind, ...rest } }) =>
    JSON.stringify({ type: kind, ...rest }),
  )
  return `${[
    '# Progress as JSON lines',
    '`--progress json` makes `ctrbuild apply` tell what it does on standard error, one JSON object a line; the plan and what it came to stay on standard output as text. Every other command writes its diagnostics and its error in the same form there. This page is made from the code, and the tests compare it with what the program writes.',
    'Each record has a `type`. Programs ignore types and members that they do not know: they may be added while the major number of `ui` stays the same. Of two records of different images, layers or bundles either may come first.',
    '## Records',
    ...Object.entries(all).map(([type, { says, members }]) =>
      [
        `### \`${type}\`\n\n${says}\n`,
        '| member | |',
        '|---|---|',
        ...Object.entries(members).map(([name, text]) => `| \`${name}\` | ${text} |`),
      ].join('\n'),
    ),
    '## Examples',
    ['```json', ...lines, '```'].join('\n'),
  ].join('\n\n')}\n`
}
