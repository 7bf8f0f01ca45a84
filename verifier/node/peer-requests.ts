/** Requests over sync, to several verifiers until one answers well. What they do wrong is reported of them. */
import { toHex } from '../../proto/hex.js'
import type { SyncRequest } from '../../proto/messages.js'
import { Draw } from '../core/assignment/draw.js'
import type { Announcement } from '../core/ports.js'
import { withAnySignal } from '../net/any-signal.js'
import type { Dialler } from '../net/streams.js'
import { syncFrom, WrongAnswer } from '../net/sync.js'
import type { AnswerLimits } from '../net/sync-limits.js'
import { offenceOf } from './answer-faults.js'
import { Asking } from './asking.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import { failOnStoreError } from './failures.js'

/** How one kind of request is asked. */
export interface Manner {
  /** peers that are asked at the same time */
  readonly atOnce: number
  /** how long one peer may take */
  readonly answerMs: number
}

export interface RequestContext extends Pick<VerifierContext, 'offences' | 'random' | 'log' | 'stopping' | 'fail'> {
  /** of the verifier that asks, which does not ask itself; undefined for a node that is none */
  readonly self: { readonly index: number } | undefined
  readonly peer: Dialler
}

export class PeerRequests {
  readonly #asking = new Asking<Announcement>()

  constructor(
    private readonly context: RequestContext,
    private readonly directory: Pick<Directory, 'verifiers'>,
  ) {}

  /** All other verifiers in random order, so that nobody can foresee whom this node asks. @param first those ahead of the rest */
  others(first: (peer: Announcement) => boolean = () => false): Announcement[] {
    const { self, random } = this.context
    const others = this.directory.verifiers().filter(({ index }) => index !== self?.index)
    const drawn = new Draw(toHex(random.bytes(32))).sample(others, others.length)
    return [...drawn.filter(first), ...drawn.filter(peer => !first(peer))]
  }

  /**
   * Asks verifiers, until `take` accepts an answer.
   * @param take gets the items and who gives them; undefined for no answer to this. What it throws is reported of the peer
   */
  async ask<T>(
    peers: readonly Announcement[],
    { atOnce, answerMs }: Manner,
    request: SyncRequest,
    limits: AnswerLimits,
    take: (items: AsyncIterable<Uint8Array>, from: Announcement) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { stopping, peer, log, offences } = this.context
    const taken = await this.#asking.first(peers, atOnce, async (other, over) => {
      const late = AbortSignal.timeout(answerMs)
      try {
        return await withAnySignal([stopping, over, late], signal =>
          syncFrom(peer, other, request, limits, signal, items => take(items, other)),
        )
      } catch (error) {
        failOnStoreError(this.context, error)
        const isLate = late.aborted && !over.aborted && !stopping.aborted
        const offence = offenceOf(error) ?? (isLate ? 'silence' : undefined)
        if (offence !== undefined) offences.report(other.peerId, offence)
        log.debug({ peer: other.index, error: (error as Error).message }, 'could not fetch from a peer')
        return undefined
      }
    })
    stopping.throwIfAborted()
    return taken
  }
}

/** @param read throws for what no honest peer holds: then nothing more is received. @throws WrongAnswer */
export async function collect<T>(
  items: AsyncIterable<Uint8Array>,
  read: (bytes: Uint8Array, place: number) => T,
): Promise<T[]> {
  const collected: T[] = []
  for await (const bytes of items) {
    try {
      collected.push(read(bytes, collected.length))
    } catch (cause) {
      throw new WrongAnswer((cause as Error).message, { cause })
    }
  }
  return collected
}
