/**
 * Decodes events of contracts. Outsiders write the log, so every log is data: what cannot be read is no event, and no log
 * hides another one.
 */
import { type Contract, type LogDescription, toNumber } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { Place } from '../core/chain-log.js'
import { hex } from './contracts.js'
import type { LogFilter, RawLog } from './log-reader.js'

/** @throws Error for arguments that no contract would write */
export type ReadEvent<C> = (args: LogDescription['args'], txHash: Hex) => C

export interface Source<C> {
  readonly contract: Contract
  readonly event: string
  /** Longer data is no event. Few bytes can decode to gigabytes, so the limit comes before the decoder. */
  readonly maxBytes: number
  readonly read: ReadEvent<C>
}

const WORD_BYTES = 32
/** Of so many words. */
export const wordBytes = (words: number): number => words * WORD_BYTES
/** Of a text with its length. */
export const textBytes = (bytes: number): number => wordBytes(1 + Math.ceil(bytes / WORD_BYTES))

export class EventDecoder<C extends object> {
  constructor(private readonly sources: readonly Source<C>[]) {}

  /** For `eth_getLogs`: no log of another contract or of another kind. */
  get filter(): LogFilter & { readonly address: string[]; readonly topics: string[][] } {
    return {
      address: [...new Set(this.sources.map(({ contract }) => hex(contract.target as string)))],
      topics: [[...new Set(this.sources.map(topicOf))]],
    }
  }

  /** Undefined for a log that is none of these events, or that the contracts would not write. */
  decode(log: RawLog): (Place & C) | undefined {
    try {
      const source = this.sources.find(
        one => hex(one.contract.target as string) === hex(log.address) && topicOf(one) === hex(log.topics[0] ?? ''),
      )
      if (source === undefined || log.data.length > 2 + 2 * source.maxBytes) return undefined
      const { interface: abi } = source.contract
      const args = abi.decodeEventLog(source.event, log.data, [...log.topics])
      // One encoding of each event, so that all decoders agree on what is one.
      const { data, topics } = abi.encodeEventLog(source.event, [...args])
      if (data !== hex(log.data) || topics.join() !== hex(log.topics.join())) return undefined
      const place = { block: toNumber(log.blockNumber), logIndex: toNumber(log.logIndex) }
      return { ...place, ...source.read(args, hex(log.transactionHash)) }
    } catch {
      return undefined
    }
  }
}

const topicOf = ({ contract, event }: Source<unknown>): string => contract.interface.getEvent(event)!.topicHash
