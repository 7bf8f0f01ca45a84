/** Datagrams for which a socket had no room because its process did not read in time: the fault of the machine or the process. */
import { readFileSync } from 'node:fs'

/** @param pid of any process in the namespace */
export const socketOverruns = (pid: number): number => overrunsIn(readFileSync(`/proc/${pid}/net/snmp`, 'latin1'))

/** @param table of /proc/PID/net/snmp: a line with names, then one with numbers */
export function overrunsIn(table: string): number {
  const [names, numbers] = table.split('\n').filter(line => line.startsWith('Udp: '))
  const at = names?.split(' ').indexOf('RcvbufErrors') ?? -1
  return at < 0 ? 0 : Number(numbers?.split(' ')[at])
}
