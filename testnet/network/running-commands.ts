/** `bandwitness testnet status`, `down`, `node`, `warp`, `snapshot` and `revert`: the testnets of this user that run now. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { epochAt } from '../../proto/epoch.js'
import { print } from '../../verifier/cli/output.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { UserError } from '../../verifier/config/errors.js'
import { signal } from '../process/process-identity.js'
import { askControl } from './control.js'
import { ACTIONS, parseTime, requestOf } from './node-request.js'
import { isRunning, type RunningTestnet, runningTestnets } from './running-testnet.js'

/** A run concludes, claims rewards and stops its nodes before it ends. */
const DOWN_MS = 120_000
const LOOK_MS = 100

interface StatusJson {
  /** the epoch that runs now is null before genesis */
  readonly testnets: readonly (RunningTestnet & { readonly epoch: number | null })[]
}

export const statusCommand: CommandModule<object, { json?: unknown }> = {
  command: 'status',
  describe: 'Show the test networks that run on this machine',
  builder: y => settings(y, {}),
  handler: async flags => {
    const testnets = (await runningTestnets()).map(one => ({ ...one, epoch: epochOf(one, Date.now() + one.aheadMs) }))
    print<StatusJson>(flags, { testnets }, statusText)
  },
}

const PID_OPTION = {
  pid: { type: 'number', describe: 'Process of the test network (default: the one that runs)' },
} as const
type PidFlags = InferredOptionTypes<typeof PID_OPTION> & { json?: unknown }

export const downCommand: CommandModule<object, PidFlags> = {
  command: 'down',
  describe: 'End a test network that runs, as Ctrl-C does',
  builder: y => settings(y, PID_OPTION),
  handler: async flags => {
    const testnet = chosen(await runningTestnets(), flags.pid)
    const { pid, startTime, dataDir } = testnet
    signal({ pid, startTime: startTime ?? undefined }, 'SIGTERM')
    const until = performance.now() + DOWN_MS
    while (isRunning(testnet)) {
      if (performance.now() > until) {
        throw new UserError(
          'promises-not-kept',
          `The test network of process ${pid} has not ended after ${DOWN_MS / 1000} s. Its logs are in ${dataDir}.`,
        )
      }
      await delay(LOOK_MS)
    }
    print(flags, { pid, down: true }, () => `The test network of process ${pid} is down.`)
  },
}

const NODE_OPTIONS = {
  ...PID_OPTION,
  profile: { type: 'string', default: 'honest', describe: 'Of a node that is added, such as slow@0.6' },
  rate: { type: 'string', describe: 'For slow: what the provider forwards at most, such as 10mbps' },
  ms: { type: 'number', describe: 'For delay: by how much longer whatever the node sends or gets over TCP takes' },
} as const
type NodeFlags = InferredOptionTypes<typeof NODE_OPTIONS> & {
  action: (typeof ACTIONS)[number]
  name: string
  json?: unknown
}

export const nodeCommand: CommandModule<object, NodeFlags> = {
  command: 'node <action> <name>',
  describe: 'Add a node to a test network that runs, or do something to one of its nodes',
  builder: y =>
    settings(y, NODE_OPTIONS)
      .positional('action', {
        choices: ACTIONS,
        demandOption: true,
        describe: 'A node that is killed comes back; mend undoes cut-off, delay and slow',
      })
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'Such as provider-1; for a new node, verifier or provider',
      }),
  handler: async ({ action, name, profile, rate, ms, ...flags }) => {
    const request = requestOf(action, name, { profile, rate, ms })
    const { control, pid } = chosen(await runningTestnets(), flags.pid)
    const node = await askControl(control, request)
    print(flags, { pid, node, action }, () => `${node}: ${action} is done.`)
  },
}

export const warpCommand: CommandModule<object, PidFlags & { time: string }> = {
  command: 'warp <time>',
  describe: 'Set the time of a test network that runs forward, that of its chain and of all nodes',
  builder: y =>
    settings(y, PID_OPTION).positional('time', {
      type: 'string',
      demandOption: true,
      describe: 'How far, such as 90s, 30m or 1h; at most 24h',
    }),
  handler: async ({ time, ...flags }) => {
    const seconds = parseTime(time)
    const { control, pid } = chosen(await runningTestnets(), flags.pid)
    const epoch = Number(await askControl(control, { action: 'warp', seconds }))
    print(flags, { pid, seconds, epoch }, () => `The test network is in epoch ${epoch}, ${seconds} s further.`)
  },
}

export const snapshotCommand: CommandModule<object, PidFlags> = {
  command: 'snapshot',
  describe: 'Keep the state of a test network that runs: its chain, its nodes and its time',
  builder: y => settings(y, PID_OPTION),
  handler: async flags => {
    const { control, pid } = chosen(await runningTestnets(), flags.pid)
    const snapshot = Number(await askControl(control, { action: 'snapshot' }))
    print(flags, { pid, snapshot }, () => `Snapshot ${snapshot} is taken.`)
  },
}

export const revertCommand: CommandModule<object, PidFlags & { snapshot?: number | undefined }> = {
  command: 'revert [snapshot]',
  describe: 'Bring a test network that runs back to a snapshot of it',
  builder: y =>
    settings(y, PID_OPTION).positional('snapshot', {
      type: 'number',
      describe: 'Number of the snapshot (default: the newest)',
    }),
  handler: async ({ snapshot: wanted = null, ...flags }) => {
    if (wanted !== null && !(Number.isSafeInteger(wanted) && wanted >= 1))
      throw new UserError(
        'usage',
        'A snapshot is named by its number, from 1. `bandwitness testnet snapshot` tells it.',
      )
    const { control, pid } = chosen(await runningTestnets(), flags.pid)
    const snapshot = Number(await askControl(control, { action: 'revert', snapshot: wanted }))
    print(flags, { pid, snapshot }, () => `The test network is as it was at snapshot ${snapshot}.`)
  },
}

/** @throws UserError 'usage' unless it is clear which one is meant */
export function chosen(testnets: readonly RunningTestnet[], pid: number | undefined): RunningTestnet {
  if (Number.isNaN(pid))
    throw new UserError('usage', '--pid must be the number of a process. `bandwitness testnet status` shows them.')
  const [first, ...more] = testnets.filter(one => pid === undefined || one.pid === pid)
  if (first === undefined) {
    const what = pid === undefined ? 'No test network runs' : `No test network of yours runs as process ${pid}`
    throw new UserError('usage', `${what}. Start one with \`bandwitness testnet\`.`)
  }
  if (more.length === 0) return first
  const pids = testnets.map(one => one.pid).join(', ')
  throw new UserError('usage', `Several test networks run, as processes ${pids}. Name one with --pid.`)
}

const epochOf = ({ genesisMs, epochMs }: RunningTestnet, nowMs: number): number | null => {
  if (genesisMs === null || nowMs < genesisMs) return null
  return epochAt({ genesisMs, epochMs, eraEpochs: 1 }, nowMs)
}

const statusText = ({ testnets }: StatusJson): string =>
  testnets.length === 0 ? 'No test network of yours runs on this machine.' : testnets.map(testnetText).join('\n\n')

const testnetText = (testnet: StatusJson['testnets'][number]): string =>
  [
    textTable([
      ['process', `${testnet.pid}, seed ${testnet.seed}`],
      ['epoch', testnet.epoch === null ? 'not begun' : `${testnet.epoch}, of ${testnet.epochMs / 1000} s each`],
      ['chain', `${testnet.rpcUrl}, id ${testnet.chainId}`],
      ['network file', testnet.networkFile],
      ['data and logs', testnet.dataDir],
    ]),
    textTable([
      ['NODE', 'PROFILE', 'ACCOUNT', 'API'],
      ...testnet.nodes.map(({ name, profile, address, apiUrl }) => [name, profile, address, apiUrl ?? 'none']),
    ]),
  ].join('\n')
