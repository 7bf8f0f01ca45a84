/** The deaths of one trio: each is looked into before anybody starts again, and then paid for by the chain. */
import { setTimeout as pause } from 'node:timers/promises'
import { untilSettled } from '../../market/settling.js'
import type { Seeded } from '../seeded.js'
import { until } from '../until.js'
import type { Audit } from './audit.js'
import { payerOf, type Role } from './ground.js'
import type { Kept } from './kept.js'
import { type KillPlan, planKill } from './plan.js'
import type { KillRow, TrioEnd } from './result.js'
import type { Trio } from './trio.js'

// Long ones, since the machine may have much to do: what takes so long does not come at all.
const TRAFFIC_MS = 600_000
const OVER_BUDGET_MS = 10_000
const QUIET_MS = 30_000
const REDEEMED_MS = 60_000
const SETTLED_MS = 240_000

export class Rounds {
  readonly #number: number
  readonly #trio: Trio
  readonly #audit: Audit
  readonly #random: Seeded

  constructor(number: number, trio: Trio, audit: Audit, random: Seeded) {
    this.#number = number
    this.#trio = trio
    this.#audit = audit
    this.#random = random
  }

  start(role: Role): void {
    this.#trio.start(role)
    if (role !== 'client') this.#audit.started(role)
  }

  /** One death, from the life before it to the start after it. */
  async next(): Promise<KillRow> {
    const [trio, audit] = [this.#trio, this.#audit]
    const beganMs = performance.now()
    const plan = planKill(this.#random)
    const { victim, isWithheld, isClosing } = plan
    const hasTraffic = await this.#untilDue(plan)
    const droppedDatagrams = isWithheld ? await this.#withhold() : 0
    const counted = await audit.counted()
    const gone = trio.kill(victim)
    const atDeath = victim === 'client' ? { relay: trio.delivered('relay'), exit: trio.delivered('exit') } : undefined
    // The payments that wait at the gate come late when an exit dies, and else never.
    if (isWithheld && victim !== 'exit') trio.gate.cut()
    await gone
    trio.gate.reopen()
    if (isClosing && victim !== 'client') await trio.stop('client')
    await this.#quiet(victim)
    const { kept, lives, faults } = await audit.examine(counted, {
      atDeath,
      keepsTunnel: victim === 'provider' && !isClosing,
    })
    const after = isClosing ? await this.#closeAll(victim, kept) : await this.#redeem(victim, kept)
    const all = [...(hasTraffic ? [] : ['there was no traffic before']), ...faults, ...after, ...this.#ends()]
    return {
      ...{ trio: this.#number, victim, isEarly: 'ms' in plan.after, isWithheld, isClosing, droppedDatagrams, ...lives },
      tookMs: performance.now() - beganMs,
      faults: all.map(fault => `trio ${this.#number}, ${victim} killed: ${fault}`),
    }
  }

  /** Everybody is paid, and the client gets back what is left. */
  async finish(): Promise<TrioEnd> {
    const [trio, audit] = [this.#trio, this.#audit]
    const counted = await audit.counted()
    await trio.stop('client')
    await trio.user.stop()
    await this.#quiet('client')
    const { kept, faults } = await audit.examine(counted, { atDeath: undefined, keepsTunnel: false })
    const { ground } = trio
    const endMs = performance.now() + SETTLED_MS
    const { deposited, redeemed, open } = await untilSettled(
      ground.chain,
      payerOf(ground),
      () => trio.closeChannels(),
      endMs,
    )
    const { channels, owed, faults: overpaid } = await audit.worth(kept)
    const all = [
      ...(open > 0 ? [`${open} channels could not be closed`] : []),
      ...(redeemed === owed ? [] : [`${redeemed} wei were paid for vouchers of ${owed}`]),
      ...[...faults, ...overpaid, ...this.#ends()],
    ]
    return {
      ...{ trio: this.#number, channels, deposited: `${deposited}`, redeemed: `${redeemed}` },
      faults: all.map(fault => `trio ${this.#number}, at the end: ${fault}`),
    }
  }

  /** @returns whether there was traffic */
  async #untilDue({ after }: KillPlan): Promise<boolean> {
    const { user } = this.#trio
    if ('ms' in after) {
      await pause(after.ms)
      return true
    }
    const from = user.bytes
    if (!(await until(() => user.bytes > from, TRAFFIC_MS))) return false
    return until(() => user.bytes >= from + after.bytes, TRAFFIC_MS)
  }

  /** The provider hears of no payment until it has dropped something. @returns datagrams that it dropped */
  async #withhold(): Promise<number> {
    const overBudget = async () => (await this.#trio.payeeStatus('provider'))?.overBudget ?? 0
    this.#trio.gate.shut()
    const before = await overBudget()
    await until(async () => (await overBudget()) > before, OVER_BUDGET_MS)
    return (await overBudget()) - before
  }

  /** Nobody pays any more: the sessions at the provider have ended, or the client has seen that they did. */
  async #quiet(victim: Role): Promise<void> {
    const trio = this.#trio
    const isQuiet =
      victim === 'provider'
        ? async () => ((await trio.clientStatus())?.legs.length ?? 0) === 0
        : async () => ((await trio.payeeStatus('provider'))?.sessions ?? 0) === 0
    await until(isQuiet, QUIET_MS)
  }

  /** The victim starts, and somebody brings all vouchers to the chain. */
  #redeem(victim: Role, kept: Kept): Promise<string[]> {
    this.start(victim)
    return this.#audit.redeem(kept)
  }

  /** The client wants everything back. Its payees redeem by themselves, one of which may have to start before. */
  async #closeAll(victim: Role, kept: Kept): Promise<string[]> {
    await this.#trio.closeChannels()
    if (victim !== 'client') this.start(victim)
    await until(async () => (await this.#audit.unpaid(kept)).length === 0, REDEEMED_MS)
    this.start('client')
    const { faults } = await this.#audit.worth(kept)
    return [...(await this.#audit.unpaid(kept)), ...faults]
  }

  /** Ends that nobody caused. Whoever ended starts again. @returns predicates */
  #ends(): string[] {
    return this.#trio.ends.splice(0).map(({ role, exit: { code, signal, lastLog } }) => {
      this.start(role)
      return `the ${role} ended by itself (${code ?? signal}): ${lastLog.at(-1) ?? ''}`
    })
  }
}
