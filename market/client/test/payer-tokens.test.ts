/** Tokens for a client's legs, over real connections. */
import { expect } from 'chai'
import { EraKey, systemRandom, tokenKeyOf } from '../../../probe/index.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { TOKEN_REFUSE, type TokenRequest, type TokenResponse } from '../../../proto/messages.js'
import { decodeToken, tokenInfo } from '../../../proto/token.js'
import type { Peer } from '../../../verifier/net/libp2p.js'
import { addressOf, NETWORK, silent, startPeer } from '../../../verifier/net/test/network.js'
import { serveTokens } from '../../../verifier/net/tokens.js'
import { PayerTokens } from '../payer-tokens.js'

const CHANNEL: Hex = `0x${'c4'.repeat(32)}`
const ACCOUNT: Hex = `0x${'01'.repeat(20)}`
const ERA_MS = 1_000_000

describe("a client's tokens", () => {
  const key = tokenKeyOf(new Uint8Array(32).fill(1))
  let peer: Peer
  let answer: (request: TokenRequest) => TokenResponse

  beforeEach(async () => {
    peer = await startPeer(1)
    await serveTokens(peer, async request => answer(request), silent)
  })
  afterEach(() => peer.stop())

  const order = () => {
    const offer = { hosts: [], price: 1n, scoreBps: undefined, tier: undefined, region: `0x${'00'.repeat(32)}` as Hex }
    const provider = {
      ...offer,
      account: ACCOUNT,
      lanes: undefined,
      penalties: 0,
      claimKbps: 25_000,
      tokenKey: toHex(key.publicKey),
      peer: addressOf(peer),
    }
    const tokens = new PayerTokens({
      ...{ network: NETWORK, random: systemRandom, stopping: new AbortController().signal },
      clock: async () => ({ genesisMs: Date.now() - 1, epochMs: ERA_MS, eraEpochs: 1 }),
      purse: { sign: () => new Uint8Array(65) },
    })
    return tokens.forLeg(provider, CHANNEL)
  }

  it('are two for a leg, which the provider recognises', async () => {
    answer = ({ era, blindedElements }) => ({
      issue: new EraKey(key, tokenInfo(NETWORK, ACCOUNT, era)).evaluate(blindedElements, systemRandom),
    })
    const held = (await order())!
    const eraKey = new EraKey(key, tokenInfo(NETWORK, ACCOUNT, 1))
    expect(held.map(bytes => eraKey.recognises(decodeToken(bytes)))).to.deep.equal([true, true])
  })

  it('run out: then there is none, and no error', async () => {
    answer = () => ({ refuse: { reason: TOKEN_REFUSE.allowance } })
    expect(await order()).to.equal(undefined)
  })

  it('are refused to whom the provider does not know', async () => {
    answer = () => ({ refuse: { reason: TOKEN_REFUSE.notMember } })
    const error = await order().then(undefined, (fault: Error) => fault)
    expect(error).to.be.an('error').with.property('message').that.includes('it gives no tokens')
  })
})
