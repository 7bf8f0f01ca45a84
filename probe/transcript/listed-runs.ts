/** The chunks that a transcript lists of one sender, by run, and what they say once they are made again from its key. */
import { CONTROL_CHUNK, DIRECT_CHUNK, TURN_CHUNK } from '../../proto/datagram.js'
import type { ChunkRecord, SenderRecord } from '../../proto/messages.js'
import type { Chunk } from '../chunks/chunk.js'
import { chunkOf } from '../chunks/records.js'
import { FIRST_CHUNK, RUNS, type Run } from '../chunks/runs.js'
import { verifyChunks } from '../chunks/verify.js'
import { NOTHING_VERIFIED, type VerifiedRuns } from './facts.js'

export type ListedRuns = Readonly<Record<Run, readonly Chunk[]>> & {
  /** every entry makes sense, and each run ascends within its own part of the keystream */
  readonly isWhole: boolean
}

/** Chunks of each run: the first, and the one after the last. No datagram of one run can pass for another's. */
const CHUNKS_OF: Record<Run, readonly [first: number, end: number]> = {
  main: [0, TURN_CHUNK],
  turn: [TURN_CHUNK, CONTROL_CHUNK],
  control: [CONTROL_CHUNK, DIRECT_CHUNK],
  direct: [DIRECT_CHUNK, Number.POSITIVE_INFINITY],
}

export function listedRuns({ chunks, control, direct }: SenderRecord): ListedRuns {
  const isOfTurn = ({ index }: ChunkRecord): boolean => index >= TURN_CHUNK
  const parsed = {
    main: chunks.filter(chunk => !isOfTurn(chunk)).map(chunkOf),
    control: control.map(chunkOf),
    direct: direct.map(chunkOf),
    turn: chunks.filter(isOfTurn).map(chunkOf),
  }
  const sane = (run: Run) => parsed[run].filter(chunk => chunk !== undefined)
  const isWhole = RUNS.every(run => sane(run).length === parsed[run].length && isOfRun(run, sane(run)))
  return { main: sane('main'), control: sane('control'), direct: sane('direct'), turn: sane('turn'), isWhole }
}

/** @param key undefined where the sender revealed none @param maxSentUs see `verifyChunks` */
export async function verifyRuns(
  listed: ListedRuns,
  key: Uint8Array | undefined,
  maxSentUs: number,
): Promise<VerifiedRuns> {
  const verified = async (run: Run) => ({
    ...(key ? await verifyChunks(key, listed[run], maxSentUs, FIRST_CHUNK[run]) : NOTHING_VERIFIED),
    arrived: listed[run].reduce((sum, { count }) => sum + count, 0),
  })
  return {
    main: await verified('main'),
    control: await verified('control'),
    direct: await verified('direct'),
    turn: await verified('turn'),
  }
}

function isOfRun(run: Run, chunks: readonly Chunk[]): boolean {
  const [first, end] = CHUNKS_OF[run]
  return chunks.every(({ index }, i) => index >= (i === 0 ? first : chunks[i - 1]!.index + 1) && index < end)
}
