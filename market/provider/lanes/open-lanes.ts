/** The lanes of an account that runs a relay, followed on the chain until the node stops. */
import type { Logger } from 'pino'
import { systemClock } from '../../../probe/index.js'
import type { Lanes } from '../../../probe/ports.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { LaneLog } from '../../../verifier/chain/lane-log.js'
import { laneSessionSigner } from '../../../verifier/chain/lane-signatures.js'
import { readLaneTimes } from '../../../verifier/chain/lanes.js'
import type { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { repeat } from '../../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../../verifier/node/wall-clock.js'
import { OwnLanes } from './own-lanes.js'

/** @param chain of the account. @throws RpcFault */
export async function openLanes(chain: EthersChain, log: Logger, life: Lifecycle): Promise<Lanes> {
  const { context } = chain
  const laneLog = new LaneLog(context, chain.account!)
  const { slotSeconds } = await readLaneTimes(context)
  const lanes = new OwnLanes({
    read: () => laneLog.lanes(),
    signerOf: (session, signature) => laneSessionSigner(context.file, session, signature),
    ...{ slotSeconds, wallClock: WALL_CLOCK, clock: systemClock },
    onFault: error => log.warn({ error: error.message }, 'could not read the lanes for now'),
  })
  life.run(repeat(() => lanes.lookAgain(), slotSeconds * 1000, life.stopping))
  return lanes
}
