/** Whether this machine, and this user, can have the lab of namespaces. */
import { accessSync, constants } from 'node:fs'
import { run } from '../process/commands.js'
import { startWatchdog } from '../process/watchdog.js'
import { Namespace } from './namespace.js'
import { hasNetem } from './path.js'
import { tokenBucketFilter } from './shaper.js'

const TOOLS = [
  ['ip', '-V'],
  ['tc', '-V'],
  ['sysctl', '--version'],
  ['iperf3', '--version'],
]
const TUN = '/dev/net/tun'

/** Undefined if it can; else the first thing that is missing, for a person to read. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only'
  for (const tool of TOOLS) {
    if (!(await works(run(tool)))) return `${tool[0]} is not installed (iproute2, procps and iperf3 are needed)`
  }
  const watchdog = await startWatchdog()
  let namespace: Namespace | undefined
  try {
    namespace = await Namespace.open(watchdog)
    await namespace.run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', ...tokenBucketFilter(1000)])
    await namespace.run(['tc', 'qdisc', 'del', 'dev', 'lo', 'root'])
    if (await hasNetem(namespace)) return undefined
    accessSync(TUN, constants.R_OK | constants.W_OK)
    if (!(await works(run(['cc', '--version'])))) return 'neither has the kernel netem, nor is there a C compiler (cc)'
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    await namespace?.close()
    await watchdog.close()
  }
}

const works = (command: Promise<string>): Promise<boolean> =>
  command.then(
    () => true,
    () => false,
  )
