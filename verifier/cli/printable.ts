/**
 * Text that others chose, made safe for a terminal: a control character could clear the screen or fake a line, and a
 * mark that turns the direction of writing could show an address that is another.
 */

/** Control, format, line and paragraph separators, private use, and halves of pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu

/** With every unprintable character, a new line too, as `\u{1b}`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** The same for text of many lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** JSON in one line, which parses to the same value. JSON itself escapes only the lowest control characters. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(UNPRINTABLE, character =>
    character
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
