/**
 * A run for people. On a terminal the screen is redrawn with every event; elsewhere (a file, a pipe) each event is one
 * line, so that nothing is lost.
 */
import { breachText, rateText, shareText, shortHex, tokensText } from '../../verifier/cli/figures.js'
import { textTable } from '../../verifier/cli/text-table.js'
import type { EpochEvent, ReadyEvent, ResultEvent, TestnetEvent } from './events.js'
import { rewardsTable } from './rewards-table.js'
import { statusesOf } from './verifier-api.js'

/** How often the first verifier is asked what it is doing. */
const STATUS_MS = 1000
const SHOWN_NOTES = 8
const CLEAR = '\x1b[H\x1b[2J'

/** As much of a terminal's stream as is needed here. */
export interface ViewOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export class LiveView {
  readonly #output: ViewOutput
  readonly #epochs: EpochEvent[] = []
  readonly #notes: string[] = []
  readonly #stakes = new Map<string, { stake: bigint; slashed: bigint }>()
  #ready: ReadyEvent | undefined
  #result: ResultEvent | undefined
  #phase = 'starting chain, contracts and nodes'
  #timer: NodeJS.Timeout | undefined

  constructor(output: ViewOutput) {
    this.#output = output
    this.#redraw()
  }

  show(event: TestnetEvent): void {
    this.#take(event)
    if (this.#output.isTTY) this.#redraw()
    else this.#output.write(`${event.event === 'result' ? `${rewardsTable(event)}\n` : ''}${lineOf(event)}\n`)
  }

  close(): void {
    clearInterval(this.#timer)
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
      this.close()
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
    if (!this.#output.isTTY) return
    const parts = [this.#heading(), this.#providers(), this.#reports(), this.#notes.slice(-SHOWN_NOTES).join('\n')]
    if (this.#result) parts.push(rewardsTable(this.#result), lineOf(this.#result))
    this.#output.write(`${CLEAR}${parts.filter(part => part !== '').join('\n\n')}\n`)
  }

  #heading(): string {
    const ready = this.#ready
    if (!ready) return `bandwitness testnet: ${this.#phase} …`
    return [
      `bandwitness testnet, seed ${ready.seed}: ${this.#phase}`,
      `API ${ready.apiUrl}   chain ${ready.rpcUrl}   logs ${ready.dataDir}`,
    ].join('\n')
  }

  #providers(): string {
    if (!this.#ready) return ''
    const scores = this.#epochs.findLast(({ posted }) => posted)?.scores ?? []
    const guests = scores.filter(({ address }) => this.#ready!.providers.every(one => one.address !== address))
    const heading = ['PROVIDER', 'PROFILE', 'CLAIM', 'CERTIFIED', 'UPTIME', 'SCORE', 'BREACHES', 'STAKE', 'SLASHED']
    return textTable([
      heading,
      ...[...this.#ready.providers, ...guests].map(({ address, profile, claimKbps }) => {
        const score = scores.find(one => one.address === address)
        const { stake, slashed } = this.#stakes.get(address) ?? {}
        return [
          shortHex(address),
          profile,
          rateText(claimKbps),
          ...(score
            ? [
                rateText(score.rateKbps),
                shareText(score.uptimeBps),
                shareText(score.scoreBps),
                breachText(score.breachBits),
              ]
            : ['', '', '', '']),
          stake === undefined ? 'intact' : tokensText(stake),
          slashed === undefined ? '' : tokensText(slashed),
        ]
      }),
    ])
  }

  #reports(): string {
    if (this.#epochs.length === 0) return ''
    return textTable([
      ['EPOCH', 'SIGNERS', 'ROUND', 'GAS', 'TRANSACTION'],
      ...this.#epochs
        .slice(-SHOWN_NOTES)
        .map(({ epoch, posted, signers, verifiers, round, gasUsed, txHash }) =>
          posted
            ? [`${epoch}`, `${signers} of ${verifiers}`, `${round}`, `${gasUsed}`, shortHex(txHash!)]
            : [`${epoch}`, 'no report', '', '', ''],
        ),
    ])
  }
}

/** One readable line for each event. */
export function lineOf(event: TestnetEvent): string {
  switch (event.event) {
    case 'ready':
      return `ready: ${event.verifiers.length} verifiers and ${event.providers.length} providers are up; API ${event.apiUrl}, chain ${event.rpcUrl}, logs ${event.dataDir}, seed ${event.seed}`
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
    case 'slashed':
      return `slashed: ${event.name} lost ${tokensText(BigInt(event.charged))} tokens for epoch ${event.epoch}, ${tokensText(BigInt(event.stake))} are left (${shortHex(event.txHash)})`
    case 'refuted':
      return `refuted: the penalty of ${event.name} for epoch ${event.epoch} is void (${shortHex(event.txHash)})`
    case 'equivocated':
      return `equivocated: ${event.name} signed two ${event.kind}s in epoch ${event.epoch}, and ${tokensText(BigInt(event.bond))} tokens of its bond are left (${shortHex(event.txHash)})`
    case 'epoch':
      return epochLine(event)
    case 'result':
      return event.ok
        ? `result: PASS in ${event.epochs} epochs, ${event.posted} of them with a report${caughtText(event)}`
        : `result: FAIL. ${event.failures.join(' ')}`
  }
}

const caughtText = ({ decoyTasks }: ResultEvent): string =>
  decoyTasks
    .filter(({ caught }) => caught)
    .map(({ name, profile, missed, tasks }) => `; decoys caught ${name} (${profile}), ${missed} of ${tasks} missed`)
    .join('')

function epochLine({ epoch, posted, signers, verifiers, round, gasUsed, txHash, scores, why }: EpochEvent): string {
  if (!posted) return `epoch ${epoch}: no report. ${why.map(({ name, sentence }) => `${name}: ${sentence}`).join('; ')}`
  const providers = scores.map(
    ({ name, profile, rateKbps, uptimeBps, scoreBps, breachBits }) =>
      `${name} (${profile}) ${rateText(rateKbps)}, up ${shareText(uptimeBps)}, score ${shareText(scoreBps)} ${breachText(breachBits)}`,
  )
  return `epoch ${epoch}: ${signers} of ${verifiers} signed round ${round}, ${gasUsed} gas (${shortHex(txHash!)}). ${providers.join('; ')}`
}
