/**
 * Snapshots of a run that goes on: its chain, the data of its nodes and the time, taken and brought back together. A chain
 * that went back alone would meet nodes with signatures for epochs that are yet to come. The nodes are ended before and
 * started after, as for a warp.
 */
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EpochClock, epochAt } from '../../proto/epoch.js'
import { UserError } from '../../verifier/config/errors.js'
import type { Conditions } from '../conditions/conditions.js'
import type { Anvil } from './anvil.js'
import type { RevertedEvent, SnapshotEvent } from './events.js'
import type { Nodes } from './nodes.js'
import type { Observer } from './observer.js'
import { epochsLost } from './warp.js'

export interface SnapshotParts {
  readonly anvil: Pick<Anvil, 'snapshot' | 'revert'>
  readonly nodes: Pick<Nodes, 'restartAll' | 'dataDirs' | 'stopped' | 'stopOnly'>
  readonly conditions: Pick<Conditions, 'stepAll' | 'nowMs'>
  readonly observer: Pick<Observer, 'skip' | 'mark'>
  readonly clock: EpochClock
  readonly emit: (event: SnapshotEvent | RevertedEvent) => void
  /** of the run */
  readonly directory: string
  /** Whether something takes part that does not go back. */
  readonly isForeign: boolean
}

interface Snapshot {
  readonly number: number
  /** of the network's time */
  readonly nowMs: number
  /** a new one for each revert, which uses it up */
  chain: string
  /** copies of the nodes' data, by name */
  readonly directory: string
  readonly nodes: readonly string[]
  readonly stopped: ReadonlySet<string>
  readonly rewind: () => void
}

export class Snapshots {
  /** oldest first */
  readonly #taken: Snapshot[] = []
  #count = 0

  constructor(private readonly parts: SnapshotParts) {}

  /** @returns its number. @throws UserError 'usage'; Error if the chain or the disk refuses, and there is no snapshot */
  async take(): Promise<number> {
    const { anvil, nodes, conditions, observer, emit } = this.parts
    this.#refuseForeign()
    const number = ++this.#count
    const directory = join(this.parts.directory, 'snapshots', String(number))
    await nodes.restartAll(async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      for (const [name, dataDir] of nodes.dataDirs) await copy(dataDir, join(directory, name))
      const chain = await anvil.snapshot()
      observer.skip(...epochsLost(this.#epoch(), this.#epoch()))
      this.#taken.push({
        ...{ number, nowMs: conditions.nowMs(), chain, directory, nodes: [...nodes.dataDirs.keys()] },
        ...{ stopped: nodes.stopped, rewind: observer.mark() },
      })
    })
    emit({ event: 'snapshot', snapshot: number, epoch: this.#epoch() })
    return number
  }

  /**
   * Brings everything back to a snapshot, which can be reverted to again. Later ones are lost.
   * @param number null for the newest. @returns its number
   * @throws UserError 'usage'; Error if the chain or the disk refuses
   */
  async revert(number: number | null): Promise<number> {
    const { nodes, conditions, emit } = this.parts
    this.#refuseForeign()
    const snapshot = this.#find(number)
    const added = [...nodes.dataDirs.keys()].filter(name => !snapshot.nodes.includes(name))
    if (added.length > 0) {
      throw new UserError(
        'usage',
        `${added.join(', ')} joined after snapshot ${snapshot.number}, and would be on no chain. Start a new network instead.`,
      )
    }
    await nodes.restartAll(() => this.#bringBack(snapshot))
    const aheadMs = conditions.nowMs() - Date.now()
    emit({ event: 'reverted', snapshot: snapshot.number, epoch: this.#epoch(), aheadMs })
    return snapshot.number
  }

  async #bringBack(snapshot: Snapshot): Promise<void> {
    const { anvil, nodes, conditions, observer } = this.parts
    const copies = `${snapshot.directory}-copies`
    await rm(copies, { recursive: true, force: true })
    await copy(snapshot.directory, copies) // while nothing has changed yet: the disk may be full
    await anvil.revert(snapshot.chain, snapshot.nowMs)
    conditions.stepAll(snapshot.nowMs - conditions.nowMs())
    for (const [name, dataDir] of nodes.dataDirs) {
      await rm(dataDir, { recursive: true })
      await rename(join(copies, name), dataDir)
    }
    await rm(copies, { recursive: true })
    snapshot.chain = await anvil.snapshot()
    snapshot.rewind()
    observer.skip(...epochsLost(this.#epoch(), this.#epoch()))
    for (const later of this.#taken.splice(this.#taken.indexOf(snapshot) + 1)) {
      await rm(later.directory, { recursive: true })
    }
    await nodes.stopOnly(snapshot.stopped)
  }

  #find(number: number | null): Snapshot {
    const found = number === null ? this.#taken.at(-1) : this.#taken.find(one => one.number === number)
    if (found !== undefined) return found
    const there = this.#taken.map(one => one.number).join(', ')
    throw new UserError(
      'usage',
      there === ''
        ? 'There is no snapshot. Take one with `bandwitness testnet snapshot`.'
        : `There is no snapshot ${number}. There are these: ${there}.`,
    )
  }

  #refuseForeign(): void {
    if (!this.parts.isForeign) return
    throw new UserError('usage', 'A scenario and strangers do not go back. Take snapshots of a network without them.')
  }

  #epoch(): number {
    return epochAt(this.parts.clock, this.parts.conditions.nowMs())
  }
}

const copy = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, preserveTimestamps: true, errorOnExist: true, force: false })
