/** The commands of a guide, as a reader finds them: those of its `sh` blocks, in order. Pure. */

export interface PageCommand {
  /** of the page, from 1 */
  readonly line: number
  /** without its comment, and on one line */
  readonly text: string
}

const FENCE = /^```(\w*)$/
const COMMENT = /(^|\s+)#.*$/

/** @param markdown the page */
export function commandsOf(markdown: string): PageCommand[] {
  const commands: PageCommand[] = []
  let language: string | undefined
  let text = ''
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = FENCE.exec(line)
    if (fence) {
      language = language === undefined ? fence[1] : undefined
      continue
    }
    if (language !== 'sh') continue
    text += line.replace(COMMENT, '').trim()
    if (text.endsWith('\\')) {
      text = text.slice(0, -1)
      continue
    }
    if (text !== '') commands.push({ line: i + 1, text: text.replaceAll(/\s+/g, ' ') })
    text = ''
  }
  return commands
}

/** The command with the reader's own values instead of the page's words, such as FILE or PUBLIC_ADDRESS. */
export function withWords(text: string, words: Readonly<Record<string, string>>): string {
  const names = Object.keys(words).map(name => name.replaceAll('.', '\\.'))
  if (names.length === 0) return text
  return text.replaceAll(new RegExp(`\\b(${names.join('|')})\\b`, 'g'), name => words[name]!)
}
