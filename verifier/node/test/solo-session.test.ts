/** A solo session with a real relay, over libp2p and UDP on loopback. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { computeAddress } from 'ethers'
import pino from 'pino'
import { type Progress, Relay } from '../../../probe/index.js'
import type { NetworkId } from '../../../proto/digests.js'
import { type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { RelayOpen } from '../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { answerSigner } from '../../chain/answers.js'
import { voucherSigner } from '../../chain/vouchers.js'
import { createPeer, listenAddresses, type Peer } from '../../net/libp2p.js'
import { handleStreams } from '../../net/streams.js'
import { measureProvider } from '../solo-session.js'

const HOST = '127.0.0.1'
const CLAIM_KBPS = 10_000
const MOST_SESSIONS = 5
const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'22'.repeat(20)}` }

describe('a solo session', () => {
  let relay: Relay
  let peer: Peer
  const secret = toHex(randomBytes(32))

  const open = async (limitKbps?: number) => {
    const seed = new Uint8Array(randomBytes(32))
    relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: CLAIM_KBPS, limitKbps, clock: performance },
      answerSigner: answerSigner(NETWORK, secret),
      voucherSigner: voucherSigner(NETWORK, secret),
      random: { bytes: length => randomBytes(length) },
    })
    peer = await createPeer({ seed: toHex(seed), listen: [`/ip4/${HOST}/tcp/0`], log: pino({ level: 'silent' }) })
    await handleStreams(
      peer,
      SESSION_PROTOCOL,
      RelayOpen.maxBytes,
      (...[stream, id]) => relay.serve(stream, id),
      () => {},
    )
    return { peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) }
  }

  afterEach(async () => {
    await peer.stop()
    await relay.close()
  })

  const notes: string[] = []
  const measure = (
    provider: { readonly peerId: string; readonly multiaddrs: readonly string[] },
    heard: Progress[] = [],
    more: Partial<Parameters<typeof measureProvider>[0]> = {},
  ) =>
    measureProvider({
      provider: { ...provider, account: computeAddress(secret).toLowerCase() as Hex },
      ...{ network: NETWORK, breachBps: 7500, yieldMs: 1000, claimKbps: CLAIM_KBPS, udpHost: HOST, udpPort: 0 },
      progress: progress => heard.push(progress),
      log: note => notes.push(note),
      ...more,
    })

  /** A pause of this machine, which runs both ends, makes a reading lower and never higher. So the best of a few counts. */
  async function measureWhole(provider: Awaited<ReturnType<typeof open>>, leastKbps: number) {
    for (let sessions = 1; ; sessions++) {
      const heard: Progress[] = []
      const { outcome, evidence } = await measure(provider, heard)
      const isWhole =
        'measurement' in outcome && outcome.kind !== 'at-least' && outcome.measurement.rateKbps >= leastKbps
      const hasReceipt = evidence.receiptHead !== ZERO_HASH // a last receipt is waited for only a moment
      if ((isWhole && hasReceipt) || sessions === MOST_SESSIONS) return { outcome, evidence, heard }
    }
  }

  it('reads the claim of an honest provider, reports progress, and gets receipts', async () => {
    const { outcome, evidence, heard } = await measureWhole(await open(), CLAIM_KBPS)
    expect(outcome, JSON.stringify([outcome, notes])).to.have.property('kind', 'verified')
    if (outcome.kind === 'verified') expect(outcome.measurement.rateKbps).to.equal(CLAIM_KBPS)
    expect(heard.length).to.be.greaterThan(3)
    expect(heard.at(-1)!.isDone).to.equal(true)
    expect(evidence.receiptHead).to.not.equal(toHex(new Uint8Array(32)))
  })

  it('reads the rate of a slow provider', async () => {
    const { outcome } = await measureWhole(await open(CLAIM_KBPS / 5), 1_800)
    expect(outcome, JSON.stringify([outcome, notes])).to.have.property('kind', 'under')
    if (outcome.kind === 'under') expect(outcome.measurement.rateKbps).to.be.within(1_800, 2_200)
  })

  it('tells an absent provider from one that refuses a claim above its own', async () => {
    const provider = await open()
    const ask = () => measure(provider, [], { claimKbps: 3 * CLAIM_KBPS })
    let above = await ask()
    // The answer may come too late.
    for (let sessions = 1; above.outcome.kind === 'no-data' && sessions < MOST_SESSIONS; sessions++) above = await ask()
    expect(above.outcome).to.deep.equal({ kind: 'refused', refusals: 1 })
    await peer.stop()
    expect((await measure(provider)).outcome).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })
})
