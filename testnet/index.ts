/**
 * A whole network from a program: `import { startTestnet } from 'bandwitness/testnet'`. The same run as that of the command
 * `bandwitness testnet`, with its events and its result as objects. The chain and every node are processes of their own, on
 * loopback. They end with `stop`, or when the calling process ends, however that happens.
 *
 * @example Two epochs, with one provider that keeps its claim and one that delivers nine tenths.
 *
 * ```TypeScript
 * import { startTestnet } from 'bandwitness/testnet'
 *
 * const network = await startTestnet({ providers: 'honest=1,slow@0.9=1', epochs: 2, seed: '1' })
 * console.log(network.ready.apiUrl, network.ready.rpcUrl)
 * const { scores } = await network.epoch(1, 120)
 * console.log(scores.map(({ name, rateKbps }) => `${name}: ${rateKbps}`))
 * const { ok, failures } = await network.result
 * ```
 */
import '../proto/polyfill.js'
import { DEFAULTS, testnetOptionsFrom } from './command.js'
import type { EpochEvent, ReadyEvent, ResultEvent, TestnetEvent } from './network/events.js'
import { runTestnet } from './network/run.js'
import { RunEvents } from './network/run-events.js'

export type * from './network/events.js'

export interface TestnetSettings {
  /** a number of honest ones, or profiles, such as `honest=5,silent=2` (default: 5) */
  readonly verifiers?: string
  /** the same, such as `honest=2,slow@0.6=1` (default: honest=2,throttled=1,offline=1) */
  readonly providers?: string
  /** The run ends after so many (default: it runs until `stop`). */
  readonly epochs?: number
  /** what every provider promises (default: 25) */
  readonly claimMbps?: number
  /** what each verifier can receive (default: ample) */
  readonly capacityMbps?: number
  /** Every session is a soak (default: false). */
  readonly soaks?: boolean
  /** that attack the first honest provider (default: 0) */
  readonly strangers?: number
  /** any text, from which keys and the draws of profiles follow (default: random) */
  readonly seed?: string
  /** new or empty, and kept after the run (default: a temporary one) */
  readonly dataDir?: string
  /** of the first verifier (default: 7380, or any free port if that is taken) */
  readonly apiPort?: number
}

export interface Testnet {
  /** where everything is: addresses, directories, process ids */
  readonly ready: ReadyEvent
  /** those so far, oldest first */
  readonly events: readonly TestnetEvent[]
  /**
   * The first event, past or future, for which `pick` returns something.
   * @throws Error if the run ends or the time is up before
   */
  waitFor<T>(pick: (event: TestnetEvent) => T | undefined, seconds: number): Promise<T>
  /** The end of an epoch. @throws Error as `waitFor` */
  epoch(epoch: number, seconds: number): Promise<EpochEvent>
  /** Resolves when the run is over and its processes are gone. Rejects with the reason if it cannot go on. */
  readonly result: Promise<ResultEvent>
  /** Ends the run, with the result so far. */
  stop(): Promise<ResultEvent>
}

/**
 * Resolves when all nodes are up.
 * @throws UserError for a setting that cannot be used; Error that says why the network did not start
 */
export async function startTestnet(settings: TestnetSettings = {}): Promise<Testnet> {
  const options = testnetOptionsFrom(flagsOf(settings))
  const interrupt = new AbortController()
  const events = new RunEvents()
  const result = runTestnet(options, event => events.put(event), interrupt.signal)
  result.then(
    () => events.end(new Error('The run ended before the awaited event.')),
    error => events.end(error),
  )
  const ready = await events.waitFor(event => (event.event === 'ready' ? event : undefined), START_SECONDS)
  return {
    ...{ ready, events: events.all, result },
    waitFor: (pick, seconds) => events.waitFor(pick, seconds),
    epoch: (epoch, seconds) => events.epoch(epoch, seconds),
    stop: () => {
      interrupt.abort()
      return result
    },
  }
}

/** Every node has a time-out of its own; this one is for what nobody has thought of. */
const START_SECONDS = 300

const flagsOf = ({ claimMbps, capacityMbps, dataDir, apiPort, epochs, seed, ...settings }: TestnetSettings) => ({
  ...{ ...DEFAULTS, ...settings },
  ...{ claim: claimMbps ?? DEFAULTS.claim, capacity: capacityMbps, epochs, seed, scenario: undefined, keep: false },
  ...{ clients: undefined },
  ...{ 'data-dir': dataDir, 'api-port': apiPort },
})
