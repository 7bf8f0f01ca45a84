import { expect } from 'chai'
import { systemRandom } from '../../../probe/index.js'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import type { TokenRequest } from '../../../proto/messages.js'
import { tokenOrderDigest } from '../../../proto/token.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { digestSigner } from '../../../verifier/chain/vouchers.js'
import { FREE_TOKENS, payerEntitlement } from '../payer-tokens.js'
import type { FoundChannel } from '../vouchers/own-channels.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const PROVIDER: Hex = `0x${'11'.repeat(20)}`
const CHANNEL: Hex = `0x${'cc'.repeat(32)}`
const KEY: Hex = toHex(systemRandom.bytes(32))
const CLAIM_KBPS = 25_000
const { budgetBytes } = shapeOf(CLAIM_KBPS)
/** A wei a byte. */
const PRICE = 2n ** 30n
const ELEMENTS = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

describe('the tokens of a client', () => {
  const funded = (more: Partial<FoundChannel> = {}): FoundChannel => ({
    ...{ id: CHANNEL, deposit: BigInt(1000 * budgetBytes), paid: 0n, closesAt: undefined },
    ...{ isPremium: false, redeemedBytes: 0, ...more },
    channel: { number: 1, payer: PROVIDER, payee: PROVIDER, signer: accountOf(KEY), price: PRICE },
  })
  const request = (more: Pick<Partial<TokenRequest>, 'era'> = {}, key: Hex = KEY): TokenRequest => {
    const order = { era: 3, blindedElements: ELEMENTS, ...more }
    const digest = tokenOrderDigest(NETWORK, { provider: PROVIDER, channel: CHANNEL, ...order })
    return { channel: fromHex(CHANNEL), signature: digestSigner(key)(digest), ...order }
  }
  const entitled = (asked: TokenRequest, { channel = funded(), paidBytes = 0 } = {}) =>
    payerEntitlement(
      {
        ...{ network: NETWORK, account: PROVIDER, paidBytes: () => paidBytes, claimKbps: () => CLAIM_KBPS },
        channels: { find: async id => (id === CHANNEL ? channel : undefined) },
      },
      asked,
    )

  it('are a few for a channel that has not paid yet, and more for what it paid', async () => {
    expect(await entitled(request())).to.deep.equal({ holder: `channel-${CHANNEL}`, tokens: FREE_TOKENS })
    expect(await entitled(request(), { paidBytes: budgetBytes })).to.have.property('tokens', FREE_TOKENS + 4)
    expect(await entitled(request(), { paidBytes: 1e6 * budgetBytes })).to.have.property('tokens', 64)
  })

  it('attack: a deposit that pays for next to nothing gets next to nothing', async () => {
    const channel = funded({ deposit: BigInt(budgetBytes - 1) })
    expect(await entitled(request(), { channel })).to.have.property('tokens', 0)
  })

  it('attack: of a closing channel, an unknown one, with another key, or for other elements: none', async () => {
    const other = toHex(systemRandom.bytes(32))
    expect(await entitled(request(), { channel: funded({ closesAt: 1 }) }), 'closing').to.equal(undefined)
    expect(await entitled({ ...request(), channel: new Uint8Array(32) }), 'unknown').to.equal(undefined)
    expect(await entitled(request({}, other)), 'another key').to.equal(undefined)
    expect(await entitled({ ...request(), era: 4 }), 'another era').to.equal(undefined)
    expect(await entitled({ ...request(), blindedElements: ELEMENTS.slice(1) }), 'other elements').to.equal(undefined)
    expect(await entitled({ ...request(), signature: undefined }), 'unsigned').to.equal(undefined)
  })
})
