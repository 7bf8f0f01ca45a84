import type { CommandModule } from 'yargs'
import { startVerifier } from '../api/start.js'
import { NODE_OPTIONS, type NodeFlags, nodeSettings } from './node-settings.js'
import { runNode } from './run-node.js'
import { settings } from './settings.js'

export const verifierRun: CommandModule<object, NodeFlags> = {
  command: 'run',
  describe: 'Run a registered verifier until interrupted',
  builder: y => settings(y, NODE_OPTIONS),
  handler: async flags => {
    const options = await nodeSettings(flags)
    await runNode(givenUp => startVerifier({ ...options, givenUp }))
  },
}
