/** Lines of a terminal. */
export const LINE_WIDTH = 120

/**
 * Breaks text at spaces into lines of at most `LINE_WIDTH` characters, the first after `first`, all others after as many
 * spaces as `hang`. A word that is longer than a line stays whole.
 */
export function wrap(text: string, first = '', hang = first.length): string {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line)
      line = ' '.repeat(hang)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line].join('\n')
}
