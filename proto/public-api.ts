/** How a verifier announces the address of its HTTP API: as one more text beside its multiaddrs. */

const API_ENTRY = '/bandwitness-api/'

/** Whoever does not know the form leaves it out, as every text that is no multiaddr. @param origin see `isOrigin` */
export const publicApiEntry = (origin: string): string => `${API_ENTRY}${origin}`

/** Whether a text is scheme, host and port of a web address, such as `https://verifier.example.org`, in its one form. */
export const isOrigin = (text: string): boolean =>
  /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text

/** The announced texts without those that name an API, and the first address among them that can be read. */
export function splitPublicApi(texts: readonly string[]): {
  readonly others: string[]
  readonly publicApi: string | undefined
} {
  const entries = texts.filter(text => text.startsWith(API_ENTRY)).map(text => text.slice(API_ENTRY.length))
  return { others: texts.filter(text => !text.startsWith(API_ENTRY)), publicApi: entries.find(isOrigin) }
}
