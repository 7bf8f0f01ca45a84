/** The process of a node with a profile: the options of `verifier run` and `provider run`, and its own. */
import yargs, { type Argv } from 'yargs'
import type { RunningNode } from '../../verifier/api/running-node.js'
import { NODE_OPTIONS, type NodeFlags, type NodeSettings, runSettings } from '../../verifier/cli/node-settings.js'
import { reportError } from '../../verifier/cli/report-error.js'
import { runNode } from '../../verifier/cli/run-node.js'

/**
 * Runs the node until a signal stops it or it fails, and ends the process as the ordinary command does.
 * @param parse adds the options of the profile
 * @param start starts the node; `givenUp` aborts if a signal comes before it has started
 */
export async function asNode<F extends NodeFlags>(
  parse: (command: Argv<NodeFlags>) => Promise<F>,
  start: (options: NodeSettings & { readonly givenUp: AbortSignal }, flags: F) => Promise<RunningNode>,
): Promise<never> {
  try {
    const flags = await parse(yargs(process.argv.slice(2)).options(NODE_OPTIONS).strict())
    const settings = await runSettings(flags)
    await runNode(givenUp => start({ ...settings, givenUp }, flags))
    process.exit(0)
  } catch (error) {
    process.exit(reportError(error))
  }
}
