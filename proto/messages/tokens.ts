/** The issuing of tokens: a verifier or a client, and a provider. */
import { codec } from './codec.js'
import { KIB } from './limits.js'

export interface TokenRequest {
  era: number
  blindedElements: Uint8Array[]
  /** id of a client's channel; undefined for a verifier, whom its peer id shows */
  channel?: Uint8Array | undefined
  signature?: Uint8Array | undefined
}
export interface TokenIssue {
  evaluatedElements: Uint8Array[]
  evaluationProof: Uint8Array
}
export interface TokenRefuse {
  reason: number
}
/** Exactly one field is set. */
export interface TokenResponse {
  issue?: TokenIssue
  refuse?: TokenRefuse
}

export const TokenRequest = codec<TokenRequest>('TokenRequest', KIB)
export const TokenResponse = codec<TokenResponse>('TokenResponse', KIB)

/** Why a provider issued no tokens. */
export const TOKEN_REFUSE = {
  /** the peer is not the announced one of a verifier in the frozen set of the era, and no channel's signer signed */
  notMember: 1,
  /** the peer has had all tokens of the era that the parameters allow it */
  allowance: 2,
  /** the era is over, or its set is not frozen yet */
  era: 3,
} as const
