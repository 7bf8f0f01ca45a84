/** Which sessions a provider takes into its lanes, and what it refuses. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { fromHex, type Hex, toHex } from '../../../../proto/hex.js'
import { type Lane, laneId } from '../../../../proto/lane.js'
import type { KnownLane } from '../../../../verifier/chain/lane-log.js'
import {
  laneSessionSigner,
  laneSlotsSigner,
  signLaneSession,
  signLaneSlots,
} from '../../../../verifier/chain/lane-signatures.js'
import { LaneSettler } from '../lane-settler.js'
import { OwnLanes, SIGN_MS } from '../own-lanes.js'
import type { KeptSlots } from '../served-store.js'

const FILE = { chainId: 31_337, contracts: { lanes: `0x${'1a'.repeat(20)}` as Hex } }
const ACCOUNT: Hex = `0x${'11'.repeat(20)}`
const USER = Wallet.createRandom()
const KEY = USER.privateKey as Hex
const SLOT_SECONDS = 60
const SLOT = 30_000_000
const SLOT_MS = SLOT_SECONDS * 1000

const laneOf = (change: Partial<Lane> = {}): KnownLane => {
  const lane = {
    ...{ number: 1, payer: ACCOUNT, payee: ACCOUNT, signer: USER.address.toLowerCase() as Hex },
    ...{ kbps: 5000, fromSlot: SLOT, slots: 2, slotPrice: 1n, ...change },
  }
  return { id: laneId({ chainId: FILE.chainId, contract: FILE.contracts.lanes }, lane), lane, slotsPaid: 0 }
}

describe('the lanes of a provider', () => {
  let onChain: KnownLane[]
  let wallMs: number
  let nowMs: number
  let reads: number
  let faults: string[]
  let kept: Map<Hex, KeptSlots>
  /** what was settled */
  let settled: [slots: number, signature: Hex][]
  let settler: LaneSettler
  let isDown: boolean
  let lanes: OwnLanes

  beforeEach(async () => {
    onChain = [laneOf()]
    wallMs = SLOT * SLOT_MS
    nowMs = 0
    reads = 0
    faults = []
    kept = new Map()
    settled = []
    const store = {
      newest: (lane: Hex) => kept.get(lane),
      put: async (lane: Hex, slots: KeptSlots) => void kept.set(lane, slots),
    }
    isDown = false
    lanes = new OwnLanes({
      read: async () => {
        reads++
        if (isDown) throw new Error('no answer')
        return new Map(onChain.map(one => [one.id, one]))
      },
      store,
      slotsSignerOf: (served, signature) => laneSlotsSigner(FILE, served, signature),
      signerOf: (session, signature) => laneSessionSigner(FILE, session, signature),
      slotSeconds: SLOT_SECONDS,
      wallClock: { nowMs: () => wallMs },
      clock: { now: () => nowMs },
      onFault: error => faults.push(error.message),
    })
    await lanes.lookAgain()
    settler = new LaneSettler({
      ...{ store, lanes: () => lanes.known, slotSeconds: SLOT_SECONDS, wallClock: { nowMs: () => wallMs } },
      log: { info: () => {}, warn: () => {} },
      send: async (_lane, slots, signature) => {
        settled.push([slots, toHex(signature)])
        return { kind: 'already' }
      },
    })
  })

  const share = ({ id }: KnownLane, change: { file?: typeof FILE; key?: Hex; signed?: Uint8Array } = {}) => {
    const { file = FILE, key = KEY } = change
    const sessionId = randomBytes(32)
    const signature = signLaneSession(file, key, { id, sessionId: change.signed ?? sessionId })
    return lanes.shareOf(fromHex(id), sessionId, signature)
  }

  const served = (lane: KnownLane, slots: number, key = KEY) =>
    lanes.served(lane.id, slots, signLaneSlots(FILE, key, { id: lane.id, slots }))

  async function longLane(): Promise<KnownLane> {
    onChain = [laneOf({ slots: 4 })]
    await lanes.lookAgain()
    return onChain[0]!
  }

  it('give their rate to sessions that their key signed, until their last slot is over', async () => {
    const lane = laneOf()
    expect(share(lane)).to.deep.equal({ id: lane.id, kbps: 5000, leftMs: SLOT_MS + SIGN_MS })
    wallMs += SLOT_MS
    expect(share(lane)).to.include({ leftMs: SIGN_MS })
    await served(lane, 1)
    wallMs += SLOT_MS - 1
    expect(share(lane)).to.include({ leftMs: 1 })
  })

  it('serve the next slot once the one before was signed, a little early or late', async () => {
    const lane = await longLane()
    share(lane)
    wallMs += SLOT_MS - 1
    expect(await served(lane, 1)).to.include({ leftMs: SLOT_MS + 1 + SIGN_MS })
    wallMs += SLOT_MS + SIGN_MS
    expect(await served(lane, 2)).to.include({ leftMs: SLOT_MS + 1 })
    wallMs += SLOT_MS
    expect(share(lane)).to.include({ leftMs: 1 })
  })

  it('attack: a lane whose key does not sign is served for one slot, however often it is opened', async () => {
    const lane = await longLane()
    share(lane)
    wallMs += SLOT_MS + SIGN_MS
    expect(share(lane)).to.equal(undefined)
    wallMs += SLOT_MS
    expect(share(lane)).to.equal(undefined)
    expect(await served(lane, 1), 'until it does').to.include({ leftMs: SLOT_MS })
    expect(share(lane)).to.include({ kbps: 5000 })
  })

  it('attack: fewer slots, too many, or a signature of another key, lane or kind are worth nothing', async () => {
    const lane = laneOf()
    await served(lane, 1)
    const sessionId = randomBytes(32)
    for (const worthless of [
      served(lane, 1),
      served(lane, 0),
      served(lane, 3),
      served(lane, 2, Wallet.createRandom().privateKey as Hex),
      served(laneOf({ number: 2 }), 2),
      lanes.served(lane.id, 2, signLaneSlots(FILE, KEY, { id: lane.id, slots: 1 })),
      lanes.served(lane.id, 2, signLaneSession(FILE, KEY, { id: lane.id, sessionId })),
      lanes.served(lane.id, 2, new Uint8Array(65)),
    ])
      expect(await worthless).to.equal(undefined)
    expect(kept.get(lane.id)?.slots).to.equal(1)
  })

  it('keep the highest number, whichever comes first', async () => {
    const lane = laneOf()
    await Promise.all([served(lane, 2), served(lane, 1)])
    expect(kept.get(lane.id)?.slots).to.equal(2)
  })

  it('are settled once they are over, and at any time by hand', async () => {
    const lane = laneOf()
    await settler.look()
    await served(lane, 1)
    await settler.look()
    expect(settled, 'the second slot may come').to.deep.equal([])
    const [byHand] = await settler.settleAll()
    expect(byHand).to.deep.equal({ id: lane.id, slots: 1, wei: 1n, result: { kind: 'already' } })
    wallMs += 2 * SLOT_MS
    await settler.look()
    expect(settled).to.deep.equal([
      [1, kept.get(lane.id)!.signature],
      [1, kept.get(lane.id)!.signature],
    ])
    onChain = [{ ...lane, slotsPaid: 1 }]
    await lanes.lookAgain()
    await settler.look()
    expect(settled, 'once').to.have.length(2)
  })

  it('attack: before its first slot, or after its last one, a lane is worth nothing', () => {
    const lane = laneOf()
    wallMs -= 1
    expect(share(lane), 'early').to.equal(undefined)
    wallMs += 1 + 2 * SLOT_MS
    expect(share(lane), 'expired').to.equal(undefined)
  })

  it('attack: a signature of another key, session, chain or contract, or for slots, takes nobody in', () => {
    const lane = laneOf()
    const elsewhere = { ...FILE, contracts: { lanes: ACCOUNT } }
    expect(share(lane, { key: Wallet.createRandom().privateKey as Hex }), 'another key').to.equal(undefined)
    expect(share(lane, { signed: randomBytes(32) }), 'another session').to.equal(undefined)
    expect(share(lane, { file: { ...FILE, chainId: 1 } }), 'another chain').to.equal(undefined)
    expect(share(lane, { file: elsewhere }), 'another contract').to.equal(undefined)
    const id = fromHex(lane.id)
    for (const signature of [new Uint8Array(65), randomBytes(65), new Uint8Array(64)])
      expect(lanes.shareOf(id, randomBytes(32), signature)).to.equal(undefined)
    const sessionId = randomBytes(32)
    const whole = signLaneSession(FILE, KEY, { id: lane.id, sessionId })
    const [r, s] = [whole.slice(0, 32), whole.slice(32, 64)]
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const other = fromHex(`0x${(order - BigInt(toHex(s))).toString(16).padStart(64, '0')}`)
    const second = Buffer.concat([r, other, Uint8Array.of(whole[64] === 27 ? 28 : 27)])
    expect(lanes.shareOf(id, sessionId, second), 'the second form').to.equal(undefined)
    expect(lanes.shareOf(id, sessionId, whole)).to.include({ kbps: 5000 })
  })

  it('are read again when somebody names an unknown one, who is refused meanwhile', async () => {
    const fresh = laneOf({ number: 2 })
    onChain.push(fresh)
    nowMs += 1000
    expect(share(fresh)).to.equal(undefined)
    await lanes.lookAgain()
    expect(share(fresh)).to.include({ id: fresh.id })
  })

  it('attack: whoever invents lanes does not make the node ask its chain for each', async () => {
    nowMs += 1000
    for (let i = 0; i < 100; i++) lanes.shareOf(randomBytes(32), randomBytes(32), new Uint8Array(65))
    await lanes.lookAgain()
    expect(reads).to.equal(2)
  })

  it('stay known while the chain does not answer', async () => {
    isDown = true
    await lanes.lookAgain()
    expect(faults).to.deep.equal(['no answer'])
    expect(share(laneOf())).to.include({ kbps: 5000 })
  })
})
