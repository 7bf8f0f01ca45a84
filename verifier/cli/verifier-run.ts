import type { Command } from './lazily.js'
import { NODE_OPTIONS, type NodeFlags, nodeSettings } from './node-settings.js'
import { runNode } from './run-node.js'
import { settings } from './settings.js'

export const verifierRun: Command<NodeFlags> = {
  builder: y => settings(y, NODE_OPTIONS),
  handler: async flags => {
    const options = await nodeSettings(flags)
    // The whole node and its HTTP server are loaded here: every other command would start later for them.
    const { startVerifier } = await import('../api/start.js')
    await runNode(givenUp => startVerifier({ ...options, givenUp }))
  },
}
