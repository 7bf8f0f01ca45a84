/**
 * Loaded into a node's process before the node: `node --import conditions-preload MAIN`. It changes what the system tells the
 * node, and nothing of the node itself.
 */
import { type AddressInfo, Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { CONDITIONS_VARIABLE, type Link, type Listening, type NodeConditions } from '../condition-messages.js'
import { conditionConnections } from './outgoing.js'
import { setClock } from './stepped-clock.js'

/** The first process of a network has no neighbours yet, and one that is started by hand has no testnet. */
const USUAL: NodeConditions = { clockMs: 0, links: [] }
const OPEN: Link = { cut: false, delayMs: 0 }

// The worker of the data plane opens no TCP connection, and reads no wall clock.
if (isMainThread) live()

function live(): void {
  let links = new Map<number, Link>()
  const connections = conditionConnections(port => links.get(port) ?? OPEN)
  const apply = (conditions: NodeConditions) => {
    setClock(conditions.clockMs)
    links = new Map(conditions.links.map(link => [link.port, link]))
    connections.changed()
  }
  apply(JSON.parse(process.env[CONDITIONS_VARIABLE] ?? 'null') ?? USUAL)
  process.on('message', message => apply(message as NodeConditions))
  process.channel?.unref() // the node ends when the node has ended
  tellPorts(port => tell({ listening: port }))
}

function tellPorts(tellPort: (port: number) => void): void {
  const { listen } = Server.prototype
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    this.once('listening', () => {
      const address = this.address() as AddressInfo | string | null
      if (address !== null && typeof address === 'object') tellPort(address.port)
    })
    return (listen as (...args: unknown[]) => Server).apply(this, args)
  } as Server['listen']
}

/** A testnet that has ended hears nothing, and the node's watchdog ends the node. */
function tell(message: Listening): void {
  process.send?.(message, undefined, undefined, () => {})
}
