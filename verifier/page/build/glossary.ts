/** The project's glossary as data, so that the page explains its words with the same sentences. */

const ROW = /^\| ([^|]+) \| ([^|]+) \|$/
/** `**n**`, `` `code` `` and `[text](target)` as plain text. */
const MARKS: readonly [RegExp, string][] = [
  [/\[([^\]]+)\]\([^)]*\)/g, '$1'],
  [/[*`]/g, ''],
]

/** Word → meaning, of the tables in docs/protocol/glossary.md. Words that share a row share its meaning. */
export function readGlossary(markdown: string): Record<string, string> {
  const entries = markdown.split('\n').flatMap(line => {
    const [, words, meaning] = ROW.exec(line) ?? []
    if (words === undefined || meaning === undefined || words === 'word' || words.startsWith('---')) return []
    const text = MARKS.reduce((plain, [mark, instead]) => plain.replace(mark, instead), meaning)
    return words.split(', ').map((word): [string, string] => [word, text])
  })
  return Object.fromEntries(entries)
}
