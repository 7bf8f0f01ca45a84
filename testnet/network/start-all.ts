/** The start of a run's nodes. */
import { createServer } from 'node:net'
import type { Nodes } from './nodes.js'
import type { TestnetOptions } from './options.js'
import type { Plan } from './plan.js'
import type { NetworkSetup } from './setup.js'

/** The port where a person looks first. If it is taken, the run uses any free port. */
const USUAL_API_PORT = 7380

/** Starts all nodes at once, which takes no longer than the cores need. */
export async function startAll(plan: Plan, nodes: Nodes, setup: NetworkSetup, options: TestnetOptions) {
  const registered = ({ name }: { readonly name: string }) =>
    [...setup.verifiers, ...setup.providers].find(node => node.name === name)!
  const twins = plan.verifiers.filter(({ profile }) => profile === 'twice')
  const punctual = plan.verifiers.filter(({ profile }) => profile !== 'late')
  const first = punctual.find(({ profile }) => profile === 'honest')
  const firstPort = options.apiPort ?? ((await isFree(USUAL_API_PORT)) ? USUAL_API_PORT : 0)
  const [verifiers, , providers] = await Promise.all([
    Promise.all(
      punctual.map(verifier =>
        verifier === first
          ? nodes.startVerifier(verifier, registered(verifier), firstPort, options.apiPort === undefined)
          : nodes.startVerifier(verifier, registered(verifier)),
      ),
    ),
    Promise.all(twins.map(verifier => nodes.startTwin(verifier, registered(verifier)))),
    Promise.all(
      plan.providers.map(async provider => {
        const { claimKbps, deliversKbps } = provider
        return { ...(await nodes.startProvider(provider, registered(provider))), claimKbps, deliversKbps }
      }),
    ),
  ])
  return { verifiers, providers }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolvePromise => {
    const server = createServer()
    server.once('error', () => resolvePromise(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolvePromise(true)))
  })
}
