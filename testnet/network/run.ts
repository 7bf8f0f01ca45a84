/**
 * One run of a whole network: watchdog, chain, contracts, nodes, epochs, result. The watchdog knows every process that the
 * run starts, so nothing is left behind however this process ends. A run that ends normally stops the nodes first, then the
 * chain, then the watchdog.
 */
import { join } from 'node:path'
import { accountOf } from '../../verifier/chain/account.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { Conditions } from '../conditions/conditions.js'
import { MarketRun } from '../market/market-run.js'
import { startWatchdog, type Watchdog } from '../process/watchdog.js'
import { abortable } from './abortable.js'
import { type Anvil, ChainDied, startAnvil } from './anvil.js'
import { StrangersAttack } from './attack.js'
import { machineEvent, startDelaySeconds } from './carried.js'
import { ChainReader } from './chain-reader.js'
import { Control } from './control.js'
import { dataDirectory } from './data-directory.js'
import { decoyVerdict } from './decoy-verdict.js'
import { narrowParams, testnetParams } from './epoch-length.js'
import type { ReadyNode, ResultEvent, TestnetEvent } from './events.js'
import { guestsOf, inviteGuests } from './guests.js'
import { measureMachine } from './machine.js'
import { befall } from './mishaps.js'
import { Newcomers } from './newcomers.js'
import { sharedDirOf } from './node-commands.js'
import { Nodes } from './nodes.js'
import { Observer } from './observer.js'
import type { TestnetOptions } from './options.js'
import { type Plan, planRun } from './plan.js'
import { purseOf } from './purse.js'
import { failuresOf, type ProviderRecord, type RunRecord } from './result.js'
import { claimAll } from './rewards.js'
import { conclude } from './run-result.js'
import type { OpenStage } from './run-stage.js'
import { RunningFile } from './running-testnet.js'
import { salesOf } from './sales.js'
import { SeenEpochs } from './seen-epochs.js'
import { joinVerifier, setUpNetwork, startNetwork } from './setup.js'
import { Snapshots } from './snapshots.js'
import { startAll } from './start-all.js'
import { untested } from './untested.js'
import { Warp } from './warp.js'

const CHAIN_ID = 31_337
const BLOCK_SECONDS = 1
const LATE_EPOCH = 3
/** Of a client, in wei of the stake token. */
const CLIENT_TOKENS = 100n * 10n ** 18n

type Emit = (event: TestnetEvent) => void

/**
 * @param signal ends the run early; the result then covers the epochs so far
 * @param openStage of a scenario
 * @throws Error why the network did not start
 */
export async function runTestnet(
  options: TestnetOptions,
  emit: Emit,
  signal: AbortSignal,
  openStage?: OpenStage,
): Promise<ResultEvent> {
  const closers: (() => Promise<void>)[] = []
  try {
    const watchdog = await startWatchdog()
    closers.push(() => watchdog.close())
    const directory = dataDirectory(options, watchdog)
    const running = await RunningFile.open(watchdog)
    closers.push(() => running.close())
    const tell = (event: TestnetEvent) => {
      running.take(event)
      emit(event)
    }
    const anvil = await startAnvil({ chainId: CHAIN_ID, blockTime: BLOCK_SECONDS, seed: options.seed, watchdog })
    closers.push(() => anvil.stop())
    const seen = new SeenEpochs(tell)
    const end = new AbortController()
    const both = AbortSignal.any([signal, end.signal])
    const controlPath = running.control
    const parts = {
      options,
      emit: seen.emit,
      controlPath,
      signal: both,
      openStage,
      watchdog,
      closers,
      anvil,
      directory,
    }
    const result = await Promise.race([runOnChain(parts), anvil.died]).catch(error => {
      if (!(error instanceof ChainDied)) throw error
      end.abort(error) // nodes end from here on because the run does
      return seen.resultWithout(error.message, directory)
    })
    if (result.keptIn !== null) watchdog.keep(directory)
    emit(result)
    return result
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

interface RunParts {
  readonly options: TestnetOptions
  readonly emit: Emit
  /** of the socket over which other commands act on the nodes */
  readonly controlPath: string
  readonly signal: AbortSignal
  readonly openStage: OpenStage | undefined
  readonly watchdog: Watchdog
  readonly closers: (() => Promise<void>)[]
  readonly anvil: Anvil
  readonly directory: string
}

async function runOnChain({
  options,
  emit,
  controlPath,
  signal,
  openStage,
  watchdog,
  closers,
  anvil,
  directory,
}: RunParts): Promise<ResultEvent> {
  const plan = planRun(options, directory)
  const { claimKbps, capacityKbps, soaks } = options
  const shape = { verifiers: plan.verifiers.length, providers: plan.providers.length, claimKbps, soaks }
  const machine = await abortable(measureMachine(), signal)
  const params = capacityKbps === undefined ? testnetParams(shape, machine) : narrowParams(shape, capacityKbps, machine)
  emit(machineEvent(shape, params, machine))
  const networkFile = join(directory, 'network.json')
  const late = plan.verifiers.filter(({ profile }) => profile === 'late')
  const { rpcUrl } = anvil
  const conditions = new Conditions()
  const stage = await openStage?.({ plan, anvil, conditions, watchdog })
  if (stage) closers.push(() => stage.close())
  const guests = options.keep ? guestsOf(options.seed, directory) : []
  const users = plan.clients.map(({ keys }) => ({ keys, stake: CLIENT_TOKENS }))
  const setup = await abortable(
    setUpNetwork({
      ...{ anvil, chainId: CHAIN_ID, params, networkFile, lateVerifiers: late, providers: plan.providers },
      startDelaySeconds: startDelaySeconds(params, shape, machine),
      verifiers: plan.verifiers.filter(({ profile }) => profile !== 'late'),
      purses: plan.providers.filter(isDecoy).map(({ seed }) => purseOf(seed)),
      guests: [...guests, ...users],
    }),
    signal,
  )

  let concluded = false
  const tell: Emit = event => {
    if (!concluded && !signal.aborted) emit(event)
  }
  const nodes = new Nodes(
    { networkFile, rpcUrlOf: name => stage?.rpcUrlOf(name) ?? rpcUrl },
    watchdog,
    ({ name, wanted, code, signal: by, lastLog }) =>
      tell({ event: 'node-ended', name, wanted, code, signal: by, lastLog }),
    ({ name, pid }) => tell({ event: 'restarted', name, pid }),
    { conditions, disks: stage?.disks },
  )
  closers.push(() => nodes.stopAll())
  await stage?.beforeNodes({ nodes, networkFile, contracts: setup.network.contracts, params, emit: tell })
  const { verifiers, providers } = await abortable(startAll(plan, nodes, setup, options), signal)
  const apiUrl = verifiers.find(node => node.apiUrl !== undefined)!.apiUrl!
  const { contracts } = setup.network
  emit({
    ...{
      event: 'ready',
      pid: process.pid,
      seed: options.seed,
      rpcUrl,
      chainId: CHAIN_ID,
      contracts,
      apiUrl,
      dataDir: directory,
      networkFile,
    },
    ...{ params, verifiers, providers },
  })

  const chain = await connectChain({ rpcUrl, network: setup.network })
  closers.push(async () => chain.close())
  const records: ProviderRecord[] = []
  await abortable(startNetwork(rpcUrl, setup.network, anvil.accounts[0]!.privateKey), signal)
  const clock = (await chain.clock())!
  emit({ event: 'started', genesisMs: clock.genesisMs })
  for (const guest of await inviteGuests(guests, { networkFile, rpcUrl })) emit(guest)

  const reader = new ChainReader(chain, clock)
  for (const { name, account } of setup.providers) {
    const planned = plan.providers.find(provider => provider.name === name)!
    const stake = await reader.stakeOf(account)
    const goneFromEpoch = planned.profile.endsAtEpoch
    const stakes = { stakeBefore: stake, stakeAfter: stake }
    records.push({ planned, address: account, ...stakes, goneFromEpoch, sales: undefined })
  }
  const bonds = await Promise.all(
    plan.verifiers.map(async planned => {
      const address = accountOf(planned.keys.evm)
      const index = verifiers.find(({ name }) => name === planned.name)?.index
      return { planned, address, index, bondBefore: await reader.bondOf(address) }
    }),
  )
  const joined: ReadyNode[] = []
  stage?.follow(clock, () => [...verifiers, ...joined].map(node => ({ ...node, pid: nodes.pidOf(node.name) })))
  const observer = new Observer(reader, () => [...verifiers, ...joined], records, bonds, emit, conditions, signal)
  const isForeign = stage !== undefined || options.strangers > 0
  const warp = new Warp({ anvil, nodes, conditions, observer, emit, clock, isForeign })
  const snapshots = new Snapshots({ anvil, nodes, conditions, observer, emit, clock, directory, isForeign })
  const newcomers = new Newcomers({
    ...{ options, plan, directory, rpcUrl, network: setup.network, nodes },
    treasury: anvil.accounts[0]!.privateKey,
    onJoined: node => {
      observer.introduce(node)
      emit({ event: 'joined', ...node })
    },
  })
  const control = await Control.open(controlPath, nodes, {
    add: (role, profile) => newcomers.add(role, profile),
    warp: seconds => warp.forward(seconds),
    snapshot: () => snapshots.take(),
    revert: number => snapshots.revert(number),
  })
  closers.push(() => control.close())
  for (const { planned, goneFromEpoch } of records) {
    if (goneFromEpoch !== undefined) observer.whenEpochBegins(goneFromEpoch, () => nodes.stop(planned.name))
  }
  for (const verifier of late) {
    observer.whenEpochBegins(LATE_EPOCH, async () => {
      const registered = await joinVerifier(rpcUrl, setup.network, verifier)
      const node = await nodes.startVerifier(verifier, registered)
      joined.push(node)
      emit({ event: 'joined', ...node })
    })
  }
  const market =
    options.exits > 0
      ? await MarketRun.start({
          ...{ network: setup.network, networkFile, rpcUrl, seed: options.seed, watchdog, chain, claimKbps },
          ...{ exits: plan.exits, clients: plan.clients, providers: plan.providers },
          onMiddle: () => befall(nodes, plan.providers),
        })
      : undefined
  if (market) closers.push(() => market.stop())
  const traffic = market?.traffic()
  const attack =
    options.strangers > 0 ? await StrangersAttack.start(options.strangers, chain, records, watchdog) : undefined
  const lastEpoch = (options.keep ? undefined : options.epochs) ?? Number.POSITIVE_INFINITY
  const interrupted = await followed(observer, lastEpoch, traffic).then(
    () => false,
    error => {
      if (!signal.aborted) throw error
      return true
    },
  )
  const clients = (await traffic) ?? []
  for (const [i, record] of records.entries()) {
    const { address, planned } = record
    const books = { sharedDir: sharedDirOf(planned), seed: planned.seed }
    const sales = market && (await salesOf(chain, address, books))
    records[i] = { ...record, stakeAfter: await reader.stakeOf(address), sales }
  }
  const harmless = (await attack?.stop()) ?? []
  const decoys = plan.providers.some(isDecoy)
    ? await decoyVerdict(chain, [...verifiers, ...joined], observer.epochs.length)
    : undefined
  const members = [...verifiers, ...joined]
  const newest = observer.epochs.findLast(({ report }) => report !== undefined)?.report
  const claimer = await connectChain({ rpcUrl, network: setup.network, privateKey: anvil.accounts[0]!.privateKey })
  const rewards = await claimAll(claimer, members, newest).finally(() => claimer.close())
  concluded = true // from here on nodes end because the run does
  const record: RunRecord = {
    verifiers: await Promise.all(
      bonds.map(async ({ planned, address, bondBefore }) => {
        const index = members.find(({ name }) => name === planned.name)?.index
        const bondAfter = await reader.bondOf(address)
        return { planned, index, address, bondBefore: bondBefore === 0n ? bondAfter : bondBefore, bondAfter }
      }),
    ),
    equivocations: observer.equivocations,
    providers: records,
    epochs: observer.epochs,
    receivers: params.receivers,
    settlements: observer.settlements,
    rewards,
    exits: nodes.exits,
    faults: [...observer.faults, ...harmless],
    decoys,
    clients,
  }
  const failures = stage ? await stage.conclude(record, nodes) : await conclusion(record, nodes)
  // What a scenario must show, its file says.
  const shown = { failures, untested: stage ? [] : untested(record), guests: observer.guests }
  return conclude(options, directory, interrupted, record, shown)
}

/** How nodes end counts as well. */
async function conclusion(record: RunRecord, nodes: Nodes): Promise<string[]> {
  await nodes.stopAll()
  return failuresOf({ ...record, exits: nodes.exits })
}

const isDecoy = ({ profileName }: Plan['providers'][number]): boolean => profileName === 'decoy'

/** At least up to an epoch, and on until the clients are done. */
async function followed(observer: Observer, lastEpoch: number, traffic: Promise<unknown> | undefined): Promise<void> {
  let isDone = traffic === undefined
  void traffic?.then(() => {
    isDone = true
  })
  for (let epoch = lastEpoch; ; epoch++) {
    await observer.follow(epoch)
    if (isDone) return
  }
}
