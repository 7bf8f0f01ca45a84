/** The chunks that a transcript lists of one sender, by run, and what they say once they are made again from its key. */
import { CHUNK_DATAGRAMS, CONTROL_CHUNK, DIRECT_CHUNK, TURN_CHUNK } from '../../proto/datagram.js'
import type { ChunkRecord, SenderRecord } from '../../proto/messages.js'
import type { Chunk } from '../chunks/chunk.js'
import { hasArrived } from '../chunks/collect.js'
import { chunkOf } from '../chunks/records.js'
import { RUNS, type Run } from '../chunks/runs.js'
import { verifyChunks } from '../chunks/verify.js'
import { NOTHING_VERIFIED, type VerifiedRuns } from './facts.js'

export type ListedRuns = Readonly<Record<Run, readonly Chunk[]>> & {
  /** every entry makes sense, and they ascend */
  readonly isWhole: boolean
}

/** Where each run begins. */
const FIRST_CHUNK: Record<Run, number> = { main: 0, control: CONTROL_CHUNK, direct: DIRECT_CHUNK, turn: TURN_CHUNK }

export function listedRuns({ chunks, control, direct }: SenderRecord): ListedRuns {
  const isOfTurn = ({ index }: ChunkRecord): boolean => index >= TURN_CHUNK
  const parsed = {
    main: chunks.filter(chunk => !isOfTurn(chunk)).map(chunkOf),
    control: control.map(chunkOf),
    direct: direct.map(chunkOf),
    turn: chunks.filter(isOfTurn).map(chunkOf),
  }
  const sane = (run: Run) => parsed[run].filter(chunk => chunk !== undefined)
  const isWhole = RUNS.every(run => sane(run).length === parsed[run].length && isAscending(sane(run)))
  return { main: sane('main'), control: sane('control'), direct: sane('direct'), turn: sane('turn'), isWhole }
}

/** @param key undefined where the sender revealed none @param maxSentUs see `verifyChunks` */
export async function verifyRuns(
  listed: ListedRuns,
  key: Uint8Array | undefined,
  maxSentUs: number,
): Promise<VerifiedRuns> {
  const verified = async (run: Run) => ({
    ...(key ? await verifyChunks(key, listed[run], maxSentUs) : NOTHING_VERIFIED),
    arrived: listed[run].reduce((sum, { count }) => sum + count, 0),
    highest: highestOf(listed[run], FIRST_CHUNK[run]),
  })
  return {
    main: await verified('main'),
    control: await verified('control'),
    direct: await verified('direct'),
    turn: await verified('turn'),
  }
}

const isAscending = (chunks: readonly Chunk[]): boolean =>
  chunks.every(({ index }, i) => i === 0 || index > chunks[i - 1]!.index)

/** Highest sequence number from the run's start, or −1. */
function highestOf(chunks: readonly Chunk[], firstChunk: number): number {
  const last = chunks.at(-1)
  if (!last) return -1
  const places = Array.from({ length: CHUNK_DATAGRAMS }, (_, place) => place)
  return (last.index - firstChunk) * CHUNK_DATAGRAMS + places.findLast(place => hasArrived(last.bitmap, place))!
}
