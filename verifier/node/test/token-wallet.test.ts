/** A verifier's wallet and providers' token keys, over real connections. Attack: a provider issues with a key of its own. */
import { expect } from 'chai'
import { EraKey, systemRandom, type TokenKey, tokenKeyOf } from '../../../probe/index.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { TOKEN_REFUSE, type TokenRequest, type TokenResponse } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { decodeToken, tokenInfo } from '../../../proto/token.js'
import { tokensHeld } from '../../core/assignment/token-need.js'
import type { FrozenVerifier } from '../../core/facts.js'
import type { Announcement } from '../../core/ports.js'
import type { Peer } from '../../net/libp2p.js'
import { addressOf, NETWORK, silent, startPeer } from '../../net/test/network.js'
import { serveTokens } from '../../net/tokens.js'
import { TokenWallet } from '../token-wallet.js'

const VERIFIERS = 4
const NEEDED = tokensHeld(DEVNET, VERIFIERS)
const epochs = { genesisMs: 1_000_000, epochMs: 20, eraEpochs: 5 }
const startOf = (epoch: number) => epochs.genesisMs + (epoch - 1) * epochs.epochMs
const [honestKey, otherKey] = [tokenKeyOf(new Uint8Array(32).fill(1)), tokenKeyOf(new Uint8Array(32).fill(2))]

interface Provider {
  readonly account: Hex
  readonly peer: Peer
  readonly announced: Announcement
}

describe('a wallet of tokens', () => {
  const ends: (() => unknown)[] = []
  let nowMs: number
  let frozen: number[]
  let announced: Announcement[]
  let wallet: TokenWallet
  /** Requests in the order of their answers. */
  let asked: { readonly account: Hex; readonly era: number; readonly count: number }[]
  let changed: () => void
  let refusing: boolean
  let steps: number

  async function openProvider(index: number, announcedKey: TokenKey | undefined, ownKey: TokenKey): Promise<Provider> {
    const account: Hex = `0x${`0${index}`.repeat(20)}`
    const peer = await startPeer(index)
    ends.push(() => peer.stop())
    const issue = async ({ era, blindedElements }: TokenRequest): Promise<TokenResponse> => {
      asked.push({ account, era, count: blindedElements.length })
      changed()
      if (refusing) return { refuse: { reason: TOKEN_REFUSE.era } }
      return { issue: new EraKey(ownKey, tokenInfo(NETWORK, account, era)).evaluate(blindedElements, systemRandom) }
    }
    await serveTokens(peer, issue, silent)
    const tokenKey = announcedKey && toHex(announcedKey.publicKey)
    const one: Announcement = { role: 'provider', index, account, ...addressOf(peer), ...(tokenKey && { tokenKey }) }
    announced.push(one)
    return { account, peer, announced: one }
  }

  beforeEach(async () => {
    ;[announced, asked, frozen, refusing, steps, nowMs, changed] = [[], [], [1], false, 0, startOf(0), () => {}]
    const peer = await startPeer(50)
    ends.push(() => peer.stop())
    const stopping = new AbortController()
    const chain = {
      isSetKnown: async (era: number) => frozen.includes(era),
      frozenSet: async () => Array.from({ length: VERIFIERS }, (_, index) => ({ index }) as FrozenVerifier),
    }
    const context = {
      ...{ self: { index: 2, account: NETWORK.contract }, network: NETWORK, params: DEVNET, epochs, peer },
      ...{ wall: { nowMs: () => nowMs }, random: systemRandom, log: silent, stopping: stopping.signal },
      chain: chain as never,
    }
    const providers = () => {
      steps++
      changed()
      return announced
    }
    wallet = new TokenWallet(context, { providers })
    const running = wallet.run().catch(() => {})
    ends.push(() => {
      stopping.abort()
      return running
    })
  })

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>(resolve => (changed = resolve))
  }
  const orderedOf = (account: Hex, era: number) =>
    asked.filter(one => one.account === account && one.era === era).reduce((sum, { count }) => sum + count, 0)
  /** Takes tokens until there is none. */
  function takeAll(account: Hex): Uint8Array[] {
    const tokens: Uint8Array[] = []
    for (let token = wallet.take(account); token; token = wallet.take(account)) tokens.push(token)
    return tokens
  }
  const filled = async (account: Hex, era: number) => {
    await until(() => orderedOf(account, era) >= NEEDED)
    // The last tokens are in the wallet when the step ends that ordered them; each looks at two eras at most.
    steps = 0
    await until(() => steps > 2)
  }

  it('holds what an epoch needs before the first epoch begins, each token good and given out once', async () => {
    const { account } = await openProvider(1, honestKey, honestKey)
    await filled(account, 1)
    nowMs = startOf(1)
    const tokens = takeAll(account)
    expect(tokens).to.have.length(NEEDED)
    expect(new Set(tokens.map(toHex)).size).to.equal(NEEDED)
    const key = new EraKey(honestKey, tokenInfo(NETWORK, account, 1))
    expect(tokens.every(token => key.recognises(decodeToken(token)))).to.equal(true)
  })

  it('takes no token of a key that was not announced, and none where none was announced', async () => {
    const tagging = await openProvider(1, honestKey, otherKey)
    const silentOne = await openProvider(2, undefined, honestKey)
    const honest = await openProvider(3, honestKey, honestKey)
    await filled(honest.account, 1)
    await until(() => asked.filter(({ account }) => account === tagging.account).length > 2)
    nowMs = startOf(1)
    expect(takeAll(tagging.account)).to.have.length(0)
    expect(takeAll(silentOne.account)).to.have.length(0)
    expect(orderedOf(silentOne.account, 1)).to.equal(0)
    expect(takeAll(honest.account)).to.have.length(NEEDED)
  })

  it('asks again until the provider issues, and again in the next epoch for what was used', async () => {
    refusing = true
    const { account } = await openProvider(1, honestKey, honestKey)
    await until(() => asked.length > 3)
    refusing = false
    asked = []
    await filled(account, 1)
    nowMs = startOf(1)
    expect(takeAll(account)).to.have.length(NEEDED)
    asked = []
    nowMs = startOf(2) + epochs.epochMs - 1
    await until(() => orderedOf(account, 1) >= NEEDED)
    expect(orderedOf(account, 1)).to.equal(NEEDED)
  })

  it('asks a provider that answers with nothing good ever more rarely', async () => {
    const { account } = await openProvider(1, honestKey, otherKey)
    await until(() => asked.length === 1)
    steps = 0
    await until(() => steps >= 250)
    // 1, 2, 4, 8, 16, and from then on 32 steps are left out between two orders.
    expect(asked.filter(one => one.account === account)).to.have.length.within(8, 13)
  })

  it('has the tokens of the next era when it begins, and uses those of the last in its first epoch if need be', async () => {
    const { account } = await openProvider(1, honestKey, honestKey)
    await filled(account, 1)
    nowMs = startOf(5)
    expect(orderedOf(account, 2), 'its set is not frozen').to.equal(0)
    frozen.push(2)
    steps = 0
    await until(() => steps >= 50)
    expect(orderedOf(account, 2), 'its instant has not come').to.equal(0)
    nowMs = startOf(6) - 1e-9 // the last instant
    await filled(account, 2)
    nowMs = startOf(6)
    const eras = takeAll(account).map(token => decodeToken(token).era)
    expect(eras).to.deep.equal([...Array(NEEDED).fill(2), ...Array(NEEDED).fill(1)])
  })

  it('does not use tokens of an era that has long ended', async () => {
    const { account } = await openProvider(1, honestKey, honestKey)
    await filled(account, 1)
    refusing = true
    nowMs = startOf(7)
    expect(wallet.take(account)).to.equal(undefined)
  })
})
