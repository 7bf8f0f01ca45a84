/** Whether this machine, and this user, can run the lab of namespaces. */
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
]
const TUN = '/dev/net/tun'

/** Undefined if the lab can measure; else the first thing that is missing, for a person to read. */
export async function whyNoNamespaceLab(): Promise<string | undefined> {
  const reason = await whyNoNamespaces()
  if (reason !== undefined) return reason
  // A calibration is a flow by iperf3.
  return (await works(run(['iperf3', '--version']))) ? undefined : 'iperf3 is not installed'
}

/** The same for the namespaces alone, without a flow through them. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'only Linux has network namespaces'
  for (const tool of TOOLS) {
    if (!(await works(run(tool)))) return `${tool[0]} is not installed (install iproute2 and procps)`
  }
  const watchdog = await startWatchdog()
  let namespace: Namespace | undefined
  try {
    namespace = await Namespace.open(watchdog)
    await namespace.run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', ...tokenBucketFilter(1000)])
    await namespace.run(['tc', 'qdisc', 'del', 'dev', 'lo', 'root'])
    if (await hasNetem(namespace)) return undefined
    accessSync(TUN, constants.R_OK | constants.W_OK)
    if (!(await works(run(['cc', '--version']))))
      return 'the kernel has no netem, and there is no C compiler (cc) for the shim that replaces it'
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
