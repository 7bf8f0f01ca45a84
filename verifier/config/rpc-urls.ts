/** The URLs of services, such as chain nodes, and what of them may be shown: most put the customer's key into the URL. */
import { UserError } from './errors.js'
import { keepSecret, withoutSecrets } from './secrets.js'

/** A text of this length without a digit is no name. The keys of the large services have 32 characters or more. */
const KEY_LENGTH = 20
/** With a digit, a shorter text may be a key. Names with a digit, such as `v3`, are shorter still. */
const SHORTEST_KEY = 8
/** Shorter names and passwords would turn up in other texts. */
const SHORTEST_CREDENTIAL = 4

/**
 * The URLs of `--rpc`: one, or several with commas between them. From then on, their secrets are kept out of every text.
 * @throws UserError 'usage'
 */
export function rpcUrls(list: string): string[] {
  return list.split(',').map(text => {
    const isUrl = URL.canParse(text.trim())
    if (isUrl) keepUrlSecrets(new URL(text.trim()))
    if (isUrl && /^https?:\/\/[^/]/.test(text.trim())) return text.trim()
    // Without the text: it may hold a key.
    throw new UserError(
      'usage',
      'What --rpc names is not a chain URL. Pass a URL such as http://127.0.0.1:8545, or several with commas between them.',
    )
  })
}

/** From now on, the secrets of a URL are kept out of every text. */
export function keepUrlSecrets(url: URL): void {
  for (const secret of secretsIn(url)) keepSecret(secret)
}

/** What a person may see of a URL: the host, and nothing after it. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname, search } = new URL(url)
  return withoutSecrets(`${protocol}//${host}${pathname === '/' && search === '' ? '' : '/…'}`)
}

function secretsIn({ username, password, hostname, pathname, search }: URL): string[] {
  const parts = [...pathname.split('/'), ...search.slice(1).split(/[&=]/), ...hostname.split('.')]
  const secrets = [
    ...parts.filter(one => one.length >= KEY_LENGTH || (one.length >= SHORTEST_KEY && /\d/.test(one))),
    ...[username, password].filter(one => one.length >= SHORTEST_CREDENTIAL),
  ]
  return secrets.flatMap(one => [one, decoded(one)])
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a per cent sign that stands for itself
  }
}
