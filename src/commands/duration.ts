/** Lengths of time as people write them on a command line. */

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of `90`, `90s`, `1.5m`, `500ms`, `1h` or `7d`; undefined for anything else. No unit means seconds. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  return number === undefined
    ? undefined
    : Math.round(Number(number) * MILLISECONDS[unit as keyof typeof MILLISECONDS])
}
