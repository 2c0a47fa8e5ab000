/** Colour: when, and how. */
import { styleText } from 'node:util'
import type { Screen } from './screen.ts'

/** When to colour. */
export type ColorChoice = 'auto' | 'always' | 'never'

/** What colours are used for. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** The choice that holds where no flag says otherwise (no-color.org, force-color.org). */
export function colorFromEnv(env: Readonly<Record<string, string | undefined>>): ColorChoice {
  const { NO_COLOR = '', FORCE_COLOR, TERM } = env
  if (NO_COLOR !== '') return 'never'
  if (FORCE_COLOR !== undefined) return FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? 'never' : 'always'
  return TERM === 'dumb' ? 'never' : 'auto'
}

/** Whether text for a screen is to be coloured. */
export function isColored(choice: ColorChoice, screen: Screen): boolean {
  return choice === 'always' || (choice === 'auto' && screen.isTTY === true)
}

/** Colours for a screen. */
export function paintFor(choice: ColorChoice, screen: Screen): Paint {
  if (!isColored(choice, screen)) return (_, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}
