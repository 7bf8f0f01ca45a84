/** `provider run` for the profile `decoy`: the same node, which shapes each receiver's sessions to a secret level. */
import '../../proto/polyfill.js'
import { startProvider } from '../../market/provider/start.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import { decoyForwarding } from '../profiles/forwarding/decoy.js'
import { LevelTable } from '../profiles/forwarding/level-table.js'
import { asNode } from './as-node.js'
import { runDecoy } from './decoy.js'
import { purseOf } from './purse.js'

const OPTIONS = {
  seed: { type: 'string', demandOption: true },
  'claim-kbps': { type: 'number', demandOption: true },
} as const

await asNode(
  command => command.options(OPTIONS).parseAsync(),
  (options, flags) => {
    const { rpcUrl, network, keys, logger: log, givenUp } = options
    return Lifecycle.start(async life => {
      const table = new LevelTable()
      const forwarding = decoyForwarding(flags['claim-kbps'], table)
      const patience = { log, stopping: life.stopping }
      const connectAs = (privateKey: string) =>
        life.open(connectChain({ rpcUrl, network, privateKey, patience }), one => one.close())
      const [chain, purse] = [await connectAs(keys.evm), await connectAs(purseOf(flags.seed).evm)]
      const node = await life.open(startProvider({ ...options, forwarding }), one => one.stop())
      node.failed.catch(life.fail)
      life.run(runDecoy({ chain, purse, seed: flags.seed, table, log, stopping: life.stopping }))
      return { ...node, failed: life.failed, stop: () => life.stop() }
    }, givenUp)
  },
)
