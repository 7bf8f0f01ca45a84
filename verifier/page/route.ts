/** Where the reader is: the part of the address behind `#`, so that a reload and a sent link show the same. */
import type { Hex } from '../../proto/hex.js'

export type Route =
  | { readonly page: 'providers'; readonly query: string }
  | { readonly page: 'provider'; readonly provider: Hex }
  | { readonly page: 'explanation'; readonly provider: Hex; readonly epoch: number }
  | { readonly page: 'epochs' }
  | { readonly page: 'epoch'; readonly epoch: number }
  | { readonly page: 'verifiers' }
  | { readonly page: 'network' }
  | { readonly page: 'unknown' }

const PROVIDER = /^\/providers\/(0x[0-9a-f]{40})(?:\/epochs\/([1-9][0-9]{0,9}))?$/
const EPOCH = /^\/epochs\/([1-9][0-9]{0,9})$/

/** @param hash as in `location.hash` */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  if (path === '' || path === '/' || path === '/providers') return { page: 'providers', query }
  if (path === '/epochs' || path === '/verifiers' || path === '/network') {
    return { page: path.slice(1) as 'epochs' | 'verifiers' | 'network' }
  }
  const [, provider, inEpoch] = PROVIDER.exec(path.toLowerCase()) ?? []
  if (provider !== undefined && inEpoch !== undefined) {
    return { page: 'explanation', provider: provider as Hex, epoch: Number(inEpoch) }
  }
  if (provider !== undefined) return { page: 'provider', provider: provider as Hex }
  const [, epoch] = EPOCH.exec(path) ?? []
  return epoch === undefined ? { page: 'unknown' } : { page: 'epoch', epoch: Number(epoch) }
}

export const LINK = {
  providers: '#/',
  provider: (provider: string) => `#/providers/${provider}`,
  explanation: (provider: string, epoch: number) => `#/providers/${provider}/epochs/${epoch}`,
  epochs: '#/epochs',
  epoch: (epoch: number) => `#/epochs/${epoch}`,
  verifiers: '#/verifiers',
  network: '#/network',
} as const
