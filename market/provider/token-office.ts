/** Issues a provider's tokens, and tells who opens a session: the relay's `Access`. */
import { type Access, EraKey, type RandomSource, type TokenKey } from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import { TOKEN_REFUSE, type TokenRequest, type TokenResponse } from '../../proto/messages.js'
import { decodeToken, isNoToken, tokenInfo } from '../../proto/token.js'
import type { TokenLedger } from './token-ledger.js'

/** What a peer may have in an era. */
export interface Entitlement {
  /** one text for one holder, without spaces, whatever its peer id is */
  readonly holder: string
  readonly tokens: number
}

export interface TokenOfficeOptions {
  readonly network: NetworkId
  readonly account: Hex
  readonly key: TokenKey
  readonly ledger: TokenLedger
  readonly random: RandomSource
}

export class TokenOffice implements Access {
  readonly #options: TokenOfficeOptions
  /** of the eras whose tokens are good now */
  #keys = new Map<number, EraKey>()

  constructor(options: TokenOfficeOptions) {
    this.#options = options
  }

  /** Serves these eras from now on, and forgets all before them. */
  setEras(eras: readonly number[]): void {
    const { network, account, key, ledger } = this.#options
    const keys = eras.map(era => this.#keys.get(era) ?? new EraKey(key, tokenInfo(network, account, era)))
    this.#keys = new Map(eras.map((era, i) => [era, keys[i]!]))
    if (eras.length > 0) ledger.drop(Math.min(...eras))
  }

  /** @param entitled undefined for whoever gets none. @throws Error if an element is none */
  issue({ era, blindedElements }: TokenRequest, entitled: Entitlement | undefined): TokenResponse {
    const { ledger, random } = this.#options
    const key = this.#keys.get(era)
    if (key === undefined) return { refuse: { reason: TOKEN_REFUSE.era } }
    if (entitled === undefined) return { refuse: { reason: TOKEN_REFUSE.notMember } }
    const { holder, tokens } = entitled
    if (ledger.issuedTo(era, holder) + blindedElements.length > tokens)
      return { refuse: { reason: TOKEN_REFUSE.allowance } }
    const issue = key.evaluate(blindedElements, random)
    ledger.issue(era, holder, blindedElements.length)
    return { issue }
  }

  /** One evaluation at most: the token itself names its era. */
  classOf(bytes: Uint8Array): 'reserved' | 'stranger' | 'invalid' {
    if (isNoToken(bytes)) return 'stranger'
    const token = decodeToken(bytes)
    if (!this.#keys.get(token.era)?.recognises(token)) return 'invalid'
    return this.#options.ledger.spend(token.era, token.input) ? 'reserved' : 'invalid'
  }
}
