/** From a fault in a file to one that can begin and end. */
import { UserError } from '../../verifier/config/errors.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { Attack } from '../attacks/attack.js'
import type { Conditions } from '../conditions/conditions.js'
import { ReorgFault, RestartedChainFault, StoppedChainFault } from '../faults/chain-faults.js'
import { DamagedDatabase, type OLD, OldDatabase } from '../faults/databases.js'
import { Down, Kill } from '../faults/down.js'
import type { Fault } from '../faults/fault.js'
import { FullDisk } from '../faults/full-disk.js'
import { Partition, SlowLink } from '../faults/links.js'
import { Pause } from '../faults/pause.js'
import { RpcFault } from '../faults/rpc-fault.js'
import type { RpcProxy } from '../faults/rpc-proxy.js'
import type { SmallDisk } from '../faults/small-disk.js'
import { SteppedClock } from '../faults/stepped-clock.js'
import type { Anvil } from '../network/anvil.js'
import type { Nodes } from '../network/nodes.js'
import type { Plan, PlannedNode } from '../network/plan.js'
import type { Watchdog } from '../process/watchdog.js'
import type { NodeNames, PlannedFault } from './scenario.js'

/** All that faults act on. */
export interface World {
  readonly plan: Plan
  /** path */
  readonly networkFile: string
  readonly contracts: NetworkFile['contracts']
  readonly watchdog: Watchdog
  readonly nodes: Nodes
  readonly anvil: Anvil
  readonly proxy: RpcProxy
  readonly conditions: Conditions
  readonly disks: ReadonlyMap<string, SmallDisk>
}

/** @throws UserError 'usage' if it names a node that the run does not have */
export function makeFault(planned: PlannedFault, world: World): Fault {
  const { nodes, anvil, proxy, conditions, disks, contracts } = world
  const { kill, pause, partition, slow, clock, disk, data, rpc, chain, attack, reorg } = planned
  const names = (of: NodeNames) => namesOf(of, world.plan)
  const hasEnd = planned.to !== undefined || planned.for !== undefined
  if (kill) return hasEnd ? new Down(nodes, names(kill)) : new Kill(nodes, names(kill))
  if (pause) return new Pause(nodes, names(pause))
  if (partition) return new Partition(conditions, names(partition))
  if (slow) return new SlowLink(conditions, names(slow.of), slow.ms)
  if (clock) return new SteppedClock(conditions, names(clock.of), clock.ms)
  if (disk) return all(names(disk).map(name => new FullDisk(nodes, name, disks.get(name)!)))
  if (data) return all(names(data.of).map(name => dataFault(nodes, nodeOf(name, world.plan), data.become)))
  if (rpc) {
    const options = { answers: rpc.answers, epochReports: contracts.epochReports }
    return all((rpc.of === 'all' ? [undefined] : names(rpc.of)).map(of => new RpcFault(proxy, { of, ...options })))
  }
  if (chain) return chain === 'stopped' ? new StoppedChainFault(anvil) : new RestartedChainFault(anvil)
  if (attack) return flood(attack, world)
  return new ReorgFault(anvil, reorg!)
}

/** @throws UserError 'usage' */
export function namesOf(of: NodeNames, plan: Plan): string[] {
  if (of === 'all') return [...plan.verifiers, ...plan.providers].map(({ name }) => name)
  return of.map(name => nodeOf(name, plan).name)
}

function nodeOf(name: string, { verifiers, providers }: Plan): PlannedNode {
  const nodes = [...verifiers, ...providers]
  const node = nodes.find(one => one.name === name)
  if (node !== undefined) return node
  throw new UserError('usage', `The scenario names ${name}. Its nodes are ${nodes.map(one => one.name).join(', ')}.`)
}

/** Its process is started and connected first, which takes some seconds. */
function flood({ with: kind, by }: NonNullable<PlannedFault['attack']>, world: World): Fault {
  const { plan, networkFile, anvil, watchdog } = world
  const keys = by === undefined ? undefined : nodeOf(by, plan).keys
  let attack: Attack | undefined
  return {
    begin: async () => {
      attack = await Attack.prepare({ kind, networkFile, rpcUrl: anvil.rpcUrl, keys }, watchdog)
      await attack.begin()
    },
    end: async () => attack?.end(),
  }
}

type Become = NonNullable<PlannedFault['data']>['become']

function dataFault(nodes: Nodes, node: PlannedNode, become: Become): Fault {
  if (become === 'damaged') return new DamagedDatabase(nodes, node)
  return new OldDatabase(nodes, node, become.replace('old-', '') as keyof typeof OLD)
}

const all = (faults: readonly Fault[]): Fault => ({
  begin: async () => void (await Promise.all(faults.map(fault => fault.begin()))),
  end: async () => void (await Promise.all(faults.map(fault => fault.end()))),
})
