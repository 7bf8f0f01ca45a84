/**
 * Two verifiers of one operator. The friend measures, and hands its votes over before anybody commits. The copier signs the
 * same readings under its own name.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { decodeVote, encodeVote, type Vote } from '../../../proto/vote.js'
import { type Measure, measureEpoch } from '../../../verifier/node/measuring.js'
import { poll } from '../../../verifier/node/waiting.js'
import { claimVotes, repeated, untilEnd } from './lazy.js'

/** How often the copier looks for its friend's votes, and how long: they must be in its ballot before the commitment. */
const POLL_MS = 10
const PATIENCE_SHARE = 0.5

const fileOf = (dir: string, epoch: number): string => join(dir, `votes-${epoch}.json`)

export const measureForFriend =
  (dir: string): Measure =>
  async (...asked) => {
    const votes = await measureEpoch(...asked)
    const path = fileOf(dir, asked[1].facts.epoch)
    await mkdir(dir, { recursive: true })
    await writeFile(`${path}.partial`, JSON.stringify(votes.map(vote => toHex(encodeVote(vote)))))
    await rename(`${path}.partial`, path)
    return votes
  }

export const copyFriend =
  (dir: string): Measure =>
  async (...asked) => {
    await untilEnd(asked)
    const [{ context }, { facts }] = asked
    const { random, params, stopping } = context
    const inTime = AbortSignal.any([stopping, AbortSignal.timeout(params.commitMs * PATIENCE_SHARE)])
    const friends = await poll(() => votesIn(fileOf(dir, facts.epoch)), POLL_MS, inTime).catch(() => [])
    stopping.throwIfAborted()
    return claimVotes(asked).map(own => {
      const copied = friends.find(({ provider }) => provider === own.provider)
      return copied === undefined ? own : repeated(own, copied, () => toHex(random.bytes(32)))
    })
  }

async function votesIn(path: string): Promise<Vote[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Hex[]).map(hex => decodeVote(fromHex(hex)))
}
