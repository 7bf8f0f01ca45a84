/** The words of docs/protocol/glossary.md and their meanings, read when the page is built. */
declare module 'virtual:glossary' {
  export const glossary: Readonly<Record<string, string | undefined>>
}

declare module '*.css'
