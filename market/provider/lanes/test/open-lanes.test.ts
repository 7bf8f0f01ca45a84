/** From a reservation on a real chain to a session in the lane, and to its payment. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { keccakText } from '../../../../proto/hash.js'
import { fromHex } from '../../../../proto/hex.js'
import { accountOf } from '../../../../verifier/chain/account.js'
import { connectChain } from '../../../../verifier/chain/connect.js'
import type { ReservedLane } from '../../../../verifier/chain/lane-log.js'
import { signLaneSession, signLaneSlots } from '../../../../verifier/chain/lane-signatures.js'
import { readLaneTimes, reserveLane } from '../../../../verifier/chain/lanes.js'
import { postOfferCall } from '../../../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../../../verifier/chain/test/live-network.js'
import { Lifecycle } from '../../../../verifier/node/lifecycle.js'
import { openLanes } from '../open-lanes.js'

const KEY = keccakText('lane key')
const KBPS = 5000
/** The wall clock is in one of them for as long as the test runs. */
const SLOTS = 12
const LOOK_MS = 50

describe('the lanes of a provider on a chain', () => {
  const net = useLiveNetwork()

  it('are known soon after their reservation, to this provider alone', async () => {
    const { anvil, setup } = net.live
    const life = new Lifecycle()
    const log = pino({ level: 'silent' })
    const privateKey = anvil.accounts[0]!.privateKey
    const payer = await life.open(connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey }), one =>
      one.close(),
    )
    const payee = await life.open(net.live.connectAs('p0'), one => one.close())
    const other = await life.open(net.live.connectAs('p1'), one => one.close())
    try {
      const folder = await mkdtemp(join(tmpdir(), 'bandwitness-lanes-'))
      await life.open(folder, one => rm(one, { recursive: true }))
      const own = await openLanes(payee, join(folder, 'own'), log, life)
      const foreign = await openLanes(other, join(folder, 'foreign'), log, life)
      const terms = { price: 1n, premiumPrice: 0n, laneKbps: KBPS, lanePrice: 1n, exit: undefined }
      await payee.sender!.send(postOfferCall(payee.context, terms))
      const { slotSeconds } = await readLaneTimes(payee.context)
      const present = async () => Math.floor((await net.live.now()) / slotSeconds)
      const lane = { payee: payee.account!, kbps: KBPS, slots: SLOTS, signer: accountOf(KEY), maxPrice: 1n }
      const reserve = async (): Promise<ReservedLane> => {
        const fromSlot = await present()
        return reserveLane(payer.sender!, { ...lane, fromSlot }).catch(async error => {
          if ((await present()) === fromSlot) throw error
          return reserve() // the slot passed on the way
        })
      }
      const { id } = await reserve()
      const sessionId = randomBytes(32)
      const signature = signLaneSession(payer.context.file, KEY, { id, sessionId })
      const share = () => own.shareOf(fromHex(id), sessionId, signature)
      while (share() === undefined) {
        foreign.shareOf(fromHex(id), sessionId, signature)
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      }
      expect(share()).to.include({ id, kbps: KBPS })
      expect(foreign.shareOf(fromHex(id), sessionId, signature)).to.equal(undefined)
      const signed = signLaneSlots(payer.context.file, KEY, { id, slots: 2 })
      expect(await foreign.served(id, 2, signed)).to.equal(undefined)
      expect(await own.served(id, 2, signed)).to.include({ id, kbps: KBPS })
    } finally {
      await life.stop()
    }
  })
})
