/** The one gate through which the text of bundles.yaml comes in: YAML 1.2, one document, no aliases, no surprises. */
import { parseDocument, type YAMLError } from 'yaml'
import { composeNode } from './compose.ts'
import type { Node } from './document.ts'
import { type Fault, MAX_FAULTS } from './fault.ts'
import { rangesOf, type Span } from './position.ts'
import type { Problem, Range } from './problem.ts'
import { scanYaml } from './scan.ts'

/** A text that was read as far as possible. */
export interface YamlFile {
  readonly file: string
  /** The file's value; `undefined` where the text is not YAML that may be looked at further. */
  readonly root: Node | undefined
  readonly range: (span: Span) => Range
  readonly problems: readonly Problem[]
}

const BYTE_ORDER_MARK = '\ufeff'

/**
 * Reads a text as YAML (yaml.org, 1.2.2, core schema). Every problem has the code YAML_INVALID and a position;
 * a byte order mark at the start is a warning. Takes time proportional to the length, and never throws.
 */
export function readYaml(text: string, file: string): YamlFile {
  const hasMark = text.startsWith(BYTE_ORDER_MARK)
  const body = hasMark ? text.slice(1) : text
  const range = rangesOf(body)
  const { root, faults } = parse(body, range)
  const problems = faults.map(fault => problemOf(fault, file, range))
  return { file, root, range, problems: hasMark ? [markWarning(file), ...problems] : problems }
}

type ToRange = YamlFile['range']

function parse(text: string, range: ToRange): { root: Node | undefined; faults: readonly Fault[] } {
  const scan = scanYaml(text)
  if (!scan.isSafe) return { root: undefined, faults: scan.faults }
  try {
    // Keys that are there twice are found by us: the parser compares every key with every other.
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: false,
      stringKeys: true,
      strict: true,
      prettyErrors: false,
      logLevel: 'silent',
    })
    const faults = [
      ...scan.faults,
      ...errorFaults([...document.errors, ...document.warnings], scan.faults, range),
    ]
    if (faults.length > 0) return { root: undefined, faults }
    const composed: Fault[] = []
    return { root: composeNode(document.contents, composed), faults: composed }
  } catch (error) {
    // The parser has no documented errors; whatever it throws, the text is to blame.
    const message = `the file cannot be read as YAML (${error instanceof Error ? error.message : error})`
    return { root: undefined, faults: [...scan.faults, { span: [0, 0], message }] }
  }
}

const HINTS: Partial<Record<YAMLError['code'], string>> = {
  BAD_INDENT: 'Give what belongs together the same indentation',
  BAD_SCALAR_START: 'Put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'Put the value in quotes if it holds ": ", or check the indentation of the next line',
  MISSING_CHAR: 'Close what was opened before',
  MULTILINE_IMPLICIT_KEY: 'Check whether a ":" is missing, or the indentation of the lines around',
  NON_STRING_KEY: 'A key is a single word or a text in quotes',
  TAB_AS_INDENT: 'Indent with spaces',
}

/** The parser's own findings: one for each place, and none for lines where the scan said something better. */
function errorFaults(
  errors: readonly YAMLError[],
  known: readonly Fault[],
  range: ToRange,
): readonly Fault[] {
  const lines = new Set(known.map(fault => range(fault.span).line))
  const starts = new Set<number>()
  const first = errors.filter(
    ({ pos }) => !lines.has(range(pos).line) && !starts.has(pos[0]) && starts.add(pos[0]),
  )
  return first.slice(0, MAX_FAULTS).map(errorFault)
}

function errorFault({ code, message, pos }: YAMLError): Fault {
  const hint = HINTS[code]
  const sentence = `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/\.$/, '')
  const fault = { span: pos, message: code === 'NON_STRING_KEY' ? 'a collection cannot be a key' : sentence }
  return hint === undefined ? fault : { ...fault, hint }
}

function problemOf(fault: Fault, file: string, range: ToRange): Problem {
  const { span, message, hint } = fault
  const found = { severity: 'error', code: 'YAML_INVALID', message, file, ...range(span), path: [] } as const
  return hint === undefined ? found : { ...found, hint }
}

function markWarning(file: string): Problem {
  return {
    severity: 'warning',
    code: 'BYTE_ORDER_MARK',
    message: 'the file starts with a byte order mark',
    hint: 'Save it as UTF-8 without one: some tools that read YAML trip over it',
    file,
    line: 1,
    col: 1,
    path: [],
  }
}
