/** Text from other programs and from images, made safe to show. */

/** Escapes control characters, and those that turn the direction of writing, so that no text can drive a terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
