/**
 * The lanes of an account that runs a relay.
 *
 *   user ── served slots ──▶ own lanes ── kept ──▶ store ──▶ settler ──▶ contract
 *                                └── whose lane? ◀── log ── chain
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from '../../../probe/index.js'
import type { Lanes } from '../../../probe/ports.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { LaneLog } from '../../../verifier/chain/lane-log.js'
import { laneSessionSigner, laneSlotsSigner } from '../../../verifier/chain/lane-signatures.js'
import { readLaneTimes, settleCall } from '../../../verifier/chain/lanes.js'
import type { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { repeat } from '../../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../../verifier/node/wall-clock.js'
import { LaneSettler } from './lane-settler.js'
import { OwnLanes } from './own-lanes.js'
import { openServedStore, type ServedStore } from './served-store.js'

/** Of served slots, in the data directory. */
export const LANE_FOLDER = 'lanes'
/** Looks in the time that a payee has to settle, which leaves time for the transaction. */
const LOOKS_IN_GRACE = 4

/** @param chain of the account that is paid, with its key. @throws RpcFault */
export async function ownLanes(chain: EthersChain, store: ServedStore, log: Logger) {
  const { context } = chain
  const laneLog = new LaneLog(context, { payee: chain.account! })
  const times = await readLaneTimes(context)
  const { slotSeconds } = times
  const lanes = new OwnLanes({
    ...{ read: () => laneLog.lanes(), store, slotSeconds, wallClock: WALL_CLOCK, clock: systemClock },
    signerOf: (session, signature) => laneSessionSigner(context.file, session, signature),
    slotsSignerOf: (served, signature) => laneSlotsSigner(context.file, served, signature),
    onFault: error => log.warn({ error: error.message }, 'could not read the lanes for now'),
  })
  const settler = new LaneSettler({
    ...{ store, lanes: () => lanes.known, slotSeconds, wallClock: WALL_CLOCK, log },
    send: (...settled) => chain.sender!.send(settleCall(context, ...settled)),
  })
  return { lanes, settler, times }
}

/** Follows the lanes on the chain until the node stops. @throws RpcFault; UserError if another process uses the store */
export async function openLanes(chain: EthersChain, dataDir: string, log: Logger, life: Lifecycle): Promise<Lanes> {
  const store = await life.open(openServedStore(join(dataDir, LANE_FOLDER)), one => one.close())
  const { lanes, settler, times } = await ownLanes(chain, store, log)
  const complain = (error: Error) => log.warn({ error: error.message }, 'could not settle lanes for now')
  const look = async () => {
    await lanes.lookAgain()
    await settler.look().catch(complain)
  }
  const lookMs = Math.min(times.slotSeconds, times.graceSeconds / LOOKS_IN_GRACE) * 1000
  life.run(repeat(look, lookMs, life.stopping))
  return lanes
}
