/**
 * A run for people. On a terminal the screen is redrawn with every event, and when its size changes. Elsewhere (a file, a
 * pipe) each event is one line without control codes, so that nothing is lost.
 */
import { cutLines } from '../../verifier/cli/cut-lines.js'
import { breachText, rateText, shareText, shortHex, tokensText } from '../../verifier/cli/figures.js'
import { Screen, type ScreenOutput, type Size } from '../../verifier/cli/screen.js'
import type { EpochEvent, ReadyEvent, ResultEvent, TestnetEvent } from './events.js'
import { rewardsTable } from './rewards-table.js'
import { statusesOf } from './verifier-api.js'
import { providersTable, reportsTable, type SeenStake } from './view-tables.js'

/** How often the first verifier is asked what it is doing. */
const STATUS_MS = 1000
/** At most so many reports and so many notes are shown, and at least so many however small the terminal is. */
const MOST_SHOWN = 8
const LEAST_SHOWN = 2

export class LiveView {
  readonly #output: ScreenOutput
  readonly #screen: Screen | undefined
  readonly #epochs: EpochEvent[] = []
  readonly #notes: string[] = []
  readonly #stakes = new Map<string, SeenStake>()
  #ready: ReadyEvent | undefined
  #result: ResultEvent | undefined
  #phase = 'starting chain, contracts and nodes'
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(output: ScreenOutput) {
    this.#output = output
    this.#screen = output.isTTY ? new Screen(output) : undefined
    this.#redraw()
  }

  show(event: TestnetEvent): void {
    this.#take(event)
    if (this.#screen) this.#redraw()
    else this.#output.write(`${linesOf(event).join('\n')}\n`)
  }

  /** Leaves the last screen behind, all of it. */
  close(): void {
    clearInterval(this.#timer)
    if (this.#isClosed) return
    this.#isClosed = true
    this.#screen?.end(({ columns }) => this.#text({ columns, rows: Number.POSITIVE_INFINITY }))
  }

  #take(event: TestnetEvent): void {
    if (event.event === 'ready') {
      this.#ready = event
      this.#phase = 'all nodes are up; the network starts'
      this.#timer = setInterval(() => void this.#askPhase(), STATUS_MS)
    } else if (event.event === 'epoch') this.#epochs.push(event)
    else if (event.event === 'slashed') {
      const slashed = (this.#stakes.get(event.address)?.slashed ?? 0n) + BigInt(event.charged)
      this.#stakes.set(event.address, { stake: BigInt(event.stake), slashed })
    } else if (event.event === 'result') {
      this.#result = event
      clearInterval(this.#timer)
    }
    if (event.event !== 'epoch' && event.event !== 'ready' && event.event !== 'result') this.#notes.push(lineOf(event))
  }

  async #askPhase(): Promise<void> {
    const [first] = await statusesOf(this.#ready!.verifiers.filter(({ apiUrl }) => apiUrl === this.#ready!.apiUrl))
    if (!first || first.sentence === this.#phase || this.#result) return
    this.#phase = first.sentence
    this.#redraw()
  }

  #redraw(): void {
    if (!this.#isClosed) this.#screen?.draw(size => this.#text(size))
  }

  #text({ columns, rows }: Size): string {
    const ready = this.#ready
    const scores = this.#epochs.findLast(({ posted }) => posted)?.scores ?? []
    const heading = this.#heading()
    const providers = ready ? providersTable(ready.providers, scores, this.#stakes, columns) : ''
    const taken = [heading, providers].join('\n\n').split('\n').length + BETWEEN_LINES
    const shown = Math.max(LEAST_SHOWN, Math.min(MOST_SHOWN, Math.floor((rows - taken) / 2)))
    const reports = this.#epochs.length === 0 ? '' : reportsTable(this.#epochs.slice(-shown), columns)
    const parts = [heading, providers, reports, this.#notes.slice(-shown).join('\n')]
    if (this.#result) parts.push(...linesOf(this.#result))
    return cutLines(parts.filter(part => part !== '').join('\n\n'), this.#isClosed ? Number.POSITIVE_INFINITY : columns)
  }

  #heading(): string {
    const ready = this.#ready
    if (!ready) return `bandwitness testnet: ${this.#phase} …`
    return [
      `bandwitness testnet, seed ${ready.seed}: ${this.#phase}`,
      `API ${ready.apiUrl}   chain ${ready.rpcUrl}   logs ${ready.dataDir}`,
    ].join('\n')
  }
}

/** Empty lines, the heading of the reports, and the line that the cursor stands in. */
const BETWEEN_LINES = 4

/** The result comes with everybody's rewards, if the chain could still tell them. */
const linesOf = (event: TestnetEvent): string[] =>
  event.event === 'result' && event.verifiers.length > 0 ? [rewardsTable(event), lineOf(event)] : [lineOf(event)]

/** One readable line for each event. */
export function lineOf(event: TestnetEvent): string {
  switch (event.event) {
    case 'ready':
      return `ready: ${event.verifiers.length} verifiers and ${event.providers.length} providers are up; API ${event.apiUrl}, chain ${event.rpcUrl}, logs ${event.dataDir}, seed ${event.seed}`
    case 'machine':
      return `machine: it carries ${event.sessionsAtOnce} sessions at once; epochs of ${event.epochSeconds} s, in which ${event.receivers} verifiers measure each provider${event.warning === null ? '' : `. ${event.warning}`}`
    case 'started':
      return `started: epoch 1 begins at ${new Date(event.genesisMs).toISOString()}`
    case 'guest':
      return `guest: to join as a ${event.role}, run \`${event.commands.join(' && ')}\``
    case 'joined':
      return `joined: ${event.name} has registered and is up`
    case 'node-ended': {
      const how = event.signal ? `by ${event.signal}` : `with exit code ${event.code}`
      return `ended: ${event.name} ${how}${event.wanted ? '; the testnet ended it' : `: ${event.lastLog.join(' | ')}`}`
    }
    case 'restarted':
      return `restarted: ${event.name} is up again`
    case 'fault':
      return `${event.begins ? 'fault' : 'over'}: ${event.what}`
    case 'warped':
      return `warped: the network's time is ${event.seconds} s further, in epoch ${event.epoch}`
    case 'snapshot':
      return `snapshot: ${event.snapshot} is taken, in epoch ${event.epoch}`
    case 'reverted':
      return `reverted: the network is as it was at snapshot ${event.snapshot}, in epoch ${event.epoch}`
    case 'slashed':
      return `slashed: ${event.name} lost ${tokensText(BigInt(event.charged))} tokens for epoch ${event.epoch}, ${tokensText(BigInt(event.stake))} are left (${shortHex(event.txHash)})`
    case 'refuted':
      return `refuted: the penalty of ${event.name} for epoch ${event.epoch} is void (${shortHex(event.txHash)})`
    case 'equivocated':
      return `equivocated: ${event.name} signed two ${event.kind}s in epoch ${event.epoch}, and ${tokensText(BigInt(event.bond))} tokens of its bond are left (${shortHex(event.txHash)})`
    case 'epoch':
      return epochLine(event)
    case 'result':
      return event.failures.length > 0
        ? `result: FAIL. ${event.failures.join(' ')}`
        : `result: ${event.ok ? 'PASS in' : 'nothing wrong in'} ${event.epochs} epochs, ${event.posted} of them with a report${caughtText(event)}${untestedText(event)}`
  }
}

const caughtText = ({ decoyTasks }: ResultEvent): string =>
  decoyTasks
    .filter(({ caught }) => caught)
    .map(({ name, profile, missed, tasks }) => `; decoys caught ${name} (${profile}), ${missed} of ${tasks} missed`)
    .join('')

const untestedText = ({ untested }: ResultEvent): string =>
  untested.length === 0 ? '' : `. Not tested: ${untested.join(' ')}`

function epochLine({ epoch, posted, signers, verifiers, round, gasUsed, txHash, scores, why }: EpochEvent): string {
  if (!posted) return `epoch ${epoch}: no report. ${why.map(({ name, sentence }) => `${name}: ${sentence}`).join('; ')}`
  const providers = scores.map(
    ({ name, profile, rateKbps, uptimeBps, scoreBps, breachBits }) =>
      `${name} (${profile}) ${rateText(rateKbps)}, up ${shareText(uptimeBps)}, score ${shareText(scoreBps)} ${breachText(breachBits)}`,
  )
  return `epoch ${epoch}: ${signers} of ${verifiers} signed round ${round}, ${gasUsed} gas (${shortHex(txHash!)}). ${providers.join('; ')}`
}
