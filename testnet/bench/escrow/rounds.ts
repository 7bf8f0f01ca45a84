/** The deaths of one trio: each is looked into before anybody starts again, and then paid for by the chain. */
import { setTimeout as pause } from 'node:timers/promises'
import { earned } from '../../../market/core/channel.js'
import type { KeptVoucher } from '../../../market/provider/vouchers/voucher-store.js'
import type { Hex } from '../../../proto/hex.js'
import { priceOf } from '../../../proto/voucher.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { PRICE } from '../../market/offering.js'
import { untilSettled } from '../../market/settling.js'
import { run } from '../../process/commands.js'
import type { Seeded } from '../tunnel/seeded.js'
import { Books, type Totals } from './books.js'
import { faultsOf, type Life, type Limits } from './bounds.js'
import { EscrowReader, type PaidChannel } from './escrow-reader.js'
import type { Role } from './ground.js'
import { type Kept, PURPOSES, type Purpose, readKept } from './kept.js'
import { type KillPlan, planKill } from './plan.js'
import type { KillRow, TrioEnd } from './result.js'
import { BANDWITNESS, type Marks, type Trio } from './trio.js'

type Payee = 'provider' | 'exit'
const PAYEE: Readonly<Record<Purpose, Payee>> = { relay: 'provider', exit: 'exit' }

const LOOK_MS = 50
/** A client finds out that its exit has started anew when QUIC's idle time is over. */
const TRAFFIC_MS = 60_000
/** The most that a window takes at the granted rate, twice over. */
const OVER_BUDGET_MS = 5000
const QUIET_MS = 10_000
/** Less than the thaw. */
const REDEEMED_MS = 18_000
const COMMAND_MS = 30_000
const SETTLED_MS = 120_000

export interface RoundsOptions {
  readonly number: number
  readonly trio: Trio
  readonly random: Seeded
  readonly limits: Readonly<Record<Purpose, Limits>>
}

export class Rounds {
  readonly #options: RoundsOptions
  readonly #books = { relay: new Books(), exit: new Books() }
  readonly #escrow: EscrowReader
  /** of each payee, when it was started: bytes that it had vouchers for */
  readonly #before = { provider: 0, exit: 0 }
  #marks: Marks

  constructor(options: RoundsOptions) {
    this.#options = options
    this.#marks = options.trio.marks
    this.#escrow = new EscrowReader(options.trio.ground)
  }

  /** One death, from the life before it to the start after it. */
  async next(): Promise<KillRow> {
    const { trio, random, number } = this.#options
    const beganMs = performance.now()
    const plan = planKill(random)
    const { victim, isWithheld, isClosing } = plan
    const faults: string[] = []
    if (!(await this.#untilDue(plan))) faults.push(`no traffic for ${TRAFFIC_MS / 1000} s`)
    if (isWithheld) await this.#withhold()
    const counted = await this.#counted()
    const gone = trio.kill(victim)
    const atDeath = { relay: trio.delivered('relay'), exit: trio.delivered('exit') }
    // The payments that wait at the gate come late when an exit dies, and else never.
    if (victim !== 'exit') trio.gate.cut()
    await gone
    trio.gate.reopen()
    if (isClosing && victim !== 'client') await trio.stop('client')
    await this.#quiet(victim)
    const kept = await readKept(trio.ground)
    faults.push(...this.#lost(kept, counted))
    const lives = this.#look(kept, victim === 'client' ? atDeath : undefined)
    faults.push(...this.#boundsOf(lives))
    this.#endLives(kept, victim, isClosing)
    faults.push(...(isClosing ? await this.#closeAll(victim, kept) : await this.#redeem(victim, kept)), ...this.#ends())
    return {
      ...{ trio: number, victim, isEarly: 'ms' in plan.after, isWithheld, isClosing, ...lives },
      ...{
        tookMs: performance.now() - beganMs,
        faults: faults.map(fault => `trio ${number}, ${victim} killed: ${fault}`),
      },
    }
  }

  /** All begin at once. */
  start(role: Role): void {
    this.#options.trio.start(role)
    if (role === 'provider') this.#before.provider = this.#books.relay.voucherBytes
    if (role === 'exit') this.#before.exit = this.#books.exit.voucherBytes
  }

  /** Everybody is paid, and the client gets back what is left. */
  async finish(): Promise<TrioEnd> {
    const { trio, number } = this.#options
    await trio.user.stop()
    await trio.stop('client')
    await this.#quiet('client')
    const kept = await readKept(trio.ground)
    const faults = this.#boundsOf(this.#look(kept))
    const { accounts, chain } = trio.ground
    const endMs = performance.now() + SETTLED_MS
    const payer = accountOf(accounts.client.keys.evm)
    const { deposited, redeemed, open } = await untilSettled(chain, payer, () => this.#close(), endMs)
    const channels = await this.#escrow.channels()
    const owed = channels.reduce((all, one) => all + earned(totalOf(kept, one), one.opened), 0n)
    if (open > 0) faults.push(`${open} channels could not be closed`)
    if (redeemed !== owed) faults.push(`${redeemed} wei were paid for vouchers of ${owed}`)
    faults.push(...this.#overpaid(channels), ...this.#ends())
    return {
      ...{
        trio: number,
        channels: channels.length,
        deposited: `${deposited}`,
        redeemed: `${redeemed}`,
        owed: `${owed}`,
      },
      faults: faults.map(fault => `trio ${number}, at the end: ${fault}`),
    }
  }

  /** @returns whether there was traffic */
  async #untilDue({ after }: KillPlan): Promise<boolean> {
    const { user } = this.#options.trio
    if ('ms' in after) {
      await pause(after.ms)
      return true
    }
    const from = user.bytes
    if (!(await until(() => user.bytes > from, TRAFFIC_MS))) return false
    return until(() => user.bytes >= from + after.bytes, TRAFFIC_MS)
  }

  /** The provider hears of no payment until it has dropped something. */
  async #withhold(): Promise<void> {
    const { trio } = this.#options
    trio.gate.shut()
    const before = (await trio.payeeStatus('provider'))?.overBudget ?? 0
    await until(async () => ((await trio.payeeStatus('provider'))?.overBudget ?? 0) > before, OVER_BUDGET_MS)
  }

  /** Bytes that the payees say they were paid for since they were started. */
  async #counted(): Promise<Record<Payee, number>> {
    const { trio } = this.#options
    const [provider, exit] = await Promise.all([trio.payeeStatus('provider'), trio.payeeStatus('exit')])
    return { provider: provider?.paidBytes ?? 0, exit: exit?.paidBytes ?? 0 }
  }

  /** Nobody pays any more: the sessions at the provider have ended, or the client has seen that they did. */
  async #quiet(victim: Role): Promise<void> {
    const { trio } = this.#options
    const isQuiet =
      victim === 'provider'
        ? async () => ((await trio.clientStatus())?.legs.length ?? 0) === 0
        : async () => ((await trio.payeeStatus('provider'))?.sessions ?? 0) === 0
    await until(isQuiet, QUIET_MS)
  }

  /** @param atDeath bytes that had been delivered when the client died, if it did */
  #look(kept: Kept, atDeath?: Readonly<Record<Purpose, number>>): Record<Purpose, Life> {
    const lifeOf = (purpose: Purpose): Life => {
      const delivered = this.#options.trio.deliveredSince(this.#marks)[purpose]
      const later = atDeath === undefined ? 0 : this.#options.trio.delivered(purpose) - atDeath[purpose]
      return {
        ...{ delivered, provableBytes: sum(delivered) - later },
        ...this.#books[purpose].look(totalsIn(kept, purpose)),
      }
    }
    return { relay: lifeOf('relay'), exit: lifeOf('exit') }
  }

  #boundsOf(lives: Readonly<Record<Purpose, Life>>): string[] {
    const { limits } = this.#options
    return PURPOSES.flatMap(purpose => faultsOf(lives[purpose], limits[purpose]).map(fault => `${purpose}: ${fault}`))
  }

  /** What payees have counted, or kept before, must be on their disks. Call it before the next look. */
  #lost({ vouchers }: Kept, counted: Readonly<Record<Payee, number>>): string[] {
    return PURPOSES.flatMap(purpose => {
      const totals = totalsOf(vouchers[purpose])
      const lost = this.#books[purpose].lost(totals)
      const since = sum(totals.values()) - this.#before[PAYEE[purpose]]
      const missing = counted[PAYEE[purpose]] - since
      return [
        ...lost.map(id => `${purpose}: the voucher of channel ${id} was lost`),
        ...(missing > 0 ? [`${purpose}: ${missing} bytes were counted as paid, without a voucher`] : []),
      ]
    })
  }

  #endLives(kept: Kept, victim: Role, isClosing: boolean): void {
    const { trio } = this.#options
    const hasTunnel = victim === 'provider' && !isClosing
    this.#books.relay.end(totalsIn(kept, 'relay'))
    if (!hasTunnel) this.#books.exit.end(totalsIn(kept, 'exit'))
    this.#marks = { ...trio.marks, ...(hasTunnel && { user: this.#marks.user }) }
  }

  /** The victim starts, and somebody brings all vouchers to the chain. */
  async #redeem(victim: Role, kept: Kept): Promise<string[]> {
    this.start(victim)
    const refusal = await this.#escrow.redeem(PURPOSES.flatMap(purpose => [...kept.vouchers[purpose].values()]))
    const channels = await this.#escrow.channels()
    return [
      ...(refusal === undefined ? [] : [`the escrow refused the vouchers: ${refusal}`]),
      ...this.#owing(channels, kept),
      ...this.#overpaid(channels),
    ]
  }

  /** The client wants everything back. Its payees redeem by themselves, one of which may have to start before. */
  async #closeAll(victim: Role, kept: Kept): Promise<string[]> {
    await this.#close()
    if (victim !== 'client') this.start(victim)
    let channels = await this.#escrow.channels()
    await until(async () => {
      channels = await this.#escrow.channels()
      return this.#owing(channels, kept).length === 0
    }, REDEEMED_MS)
    this.start('client')
    return [...this.#owing(channels, kept), ...this.#overpaid(channels)]
  }

  #owing(channels: readonly PaidChannel[], kept: Kept): string[] {
    return channels
      .filter(one => one.paid < earned(totalOf(kept, one), one.opened))
      .map(({ id, paid, purpose }) => `${purpose}: channel ${id} has paid ${paid} wei, less than its voucher`)
  }

  #overpaid(channels: readonly PaidChannel[]): string[] {
    return PURPOSES.flatMap(purpose => {
      const paid = channels.filter(one => one.purpose === purpose).reduce((all, one) => all + one.paid, 0n)
      const due = priceOf(this.#options.trio.delivered(purpose), PRICE)
      return paid > due ? [`${purpose}: the chain has paid ${paid} wei for what costs ${due}`] : []
    })
  }

  #close(): Promise<string> {
    const { accounts, networkFile, rpcUrl } = this.#options.trio.ground
    const flags = ['--data-dir', accounts.client.dataDir, '--network', networkFile, '--rpc', rpcUrl, '--json']
    return run([...BANDWITNESS, 'client', 'close', ...flags], COMMAND_MS)
  }

  /** Ends that nobody caused. Whoever ended starts again. */
  #ends(): string[] {
    const { ends } = this.#options.trio
    return ends.splice(0).map(({ name, code, signal, lastLog }) => {
      this.start(name as Role)
      return `the ${name} ended by itself (${code ?? signal}): ${lastLog.at(-1) ?? ''}`
    })
  }
}

const totalsOf = (vouchers: ReadonlyMap<Hex, KeptVoucher>): Map<Hex, number> =>
  new Map([...vouchers].map(([id, { voucher }]) => [id, voucher.total]))

const totalsIn = ({ signed, vouchers }: Kept, purpose: Purpose): Totals => ({
  signed: signed[purpose],
  vouchers: totalsOf(vouchers[purpose]),
})

const totalOf = ({ vouchers }: Kept, { id, purpose }: PaidChannel): number =>
  vouchers[purpose].get(id)?.voucher.total ?? 0

function sum(numbers: Iterable<number>): number {
  let all = 0
  for (const one of numbers) all += one
  return all
}

/** @returns whether it is so, at last */
async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) return false
    await pause(LOOK_MS)
  }
  return true
}
