/** What environment variables tell. */

/** True on continuous integration services, which all set `CI`. */
export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  return !['', '0', 'false'].includes(env.CI ?? '')
}
