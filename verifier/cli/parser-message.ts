/** Messages of the argument parser, in plain words. */
const PLAIN: readonly (readonly [message: RegExp, plain: string])[] = [
  [/^Not enough non-option arguments.*$/s, 'Missing argument.'],
  [/^Implications failed:\s*(\S+) -> (\S+)\s*$/, '--$1 needs --$2.'],
]

/** One sentence: the parser ends most messages without a full stop. */
export function parserMessage(message: string): string {
  const plain = PLAIN.reduce((text, [from, to]) => text.replace(from, to), message.trim())
  return /[.!?]$/.test(plain) ? plain : `${plain}.`
}
