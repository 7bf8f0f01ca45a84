/** A fault in words, for the log of a run and for the table of scenarios. Pure. */
import type { NodeNames, PlannedFault } from './scenario.js'
import type { Moment } from './timeline.js'

const listed = (names: NodeNames): string => (names === 'all' ? 'all nodes' : names.join(', '))

/** @returns a clause without its times: `verifier-2 is killed` */
export function faultText(fault: PlannedFault): string {
  const { kill, pause, partition, slow, clock, disk, data, rpc, chain, attack, reorg } = fault
  if (kill) return `${listed(kill)} killed`
  if (pause) return `${listed(pause)} suspended`
  if (partition) return `${listed(partition)} cut off`
  if (slow) return `${listed(slow.of)} slow by ${slow.ms} ms`
  if (clock) return `clock of ${listed(clock.of)} wrong by ${clock.ms} ms`
  if (disk) return `disk of ${listed(disk)} full`
  if (data) return `data of ${listed(data.of)}: ${data.become}`
  if (rpc) return `RPC of ${listed(rpc.of)}: ${rpc.answers}`
  if (chain) return `chain ${chain}`
  if (attack) return `flood of ${attack.with} by ${attack.by ?? 'an outsider'}`
  return `${reorg} blocks reorganised`
}

/** @returns the same with its times: `verifier-2 killed, 3.5 to 4` */
export function timedFaultText(fault: PlannedFault): string {
  const { from, to, for: seconds } = fault
  const end = seconds !== undefined ? ` for ${seconds} s` : to !== undefined ? ` to ${momentText(to)}` : ''
  return `${faultText(fault)}, ${momentText(from)}${end}`
}

const momentText = (moment: Moment): string => (typeof moment === 'number' ? `epoch ${moment}` : `${moment}`)
