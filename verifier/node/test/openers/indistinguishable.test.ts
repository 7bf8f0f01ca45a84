/**
 * A provider cannot tell what an opening is for. A provider writes down all that it is shown by 1,000 sessions up to
 * their first datagrams, and a decision tree over all of it tries to tell them apart.
 *
 * The test is one-sided: if the fields say nothing, the number of right predictions is close to binomial, and a share of
 * four standard deviations above chance comes by chance once in 30,000 runs. A second tree sees the same records with a
 * leak of a few milliseconds added, which it must find: so the first tree is not blind.
 */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import { soloKeys } from '../../../../probe/index.js'
import { toHex } from '../../../../proto/hex.js'
import { randomFrom, shuffled } from '../../../core/test/random.js'
import { startPeer } from '../../../net/test/network.js'
import { crossValidated, type Example } from './decision-tree.js'
import { KINDS, type Kind, Openers, SENDERS } from './openers.js'
import { RecordingProvider, type Shown } from './recording-provider.js'

const SESSIONS_A_KIND = 250
const FOLDS = 10
const AT_ONCE = 4
const DEVIATIONS = 4
/** Sessions that a busy machine may lose before their first datagram. Each is opened again. */
const LOST = 100

describe('what a provider is shown', function () {
  this.timeout(600_000)
  const seed = randomInt(2 ** 32)
  const shown: { readonly kind: Kind; readonly shown: Shown }[] = []

  before(async () => {
    const keys = soloKeys()
    const provider = await RecordingProvider.open(await startPeer(0), keys.answerSigner)
    const openers = await Openers.open(provider, keys.answers)
    try {
      const due = shuffled(
        KINDS.flatMap(kind => Array.from({ length: Math.ceil(SESSIONS_A_KIND / SENDERS[kind]) }, () => kind)),
        randomFrom(seed),
      )
      let lost = 0
      const ids = async (kind: Kind) => {
        try {
          return await openers.open(kind)
        } catch (error) {
          if (++lost > LOST) throw error
          due.push(kind)
          return []
        }
      }
      const work = async () => {
        for (let kind = due.pop(); kind !== undefined; kind = due.pop()) {
          for (const id of await ids(kind)) shown.push({ kind, shown: provider.shown.get(toHex(id))! })
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    } finally {
      await openers.close()
      await provider.close()
    }
  })

  /** The share that is predicted right, with the share by chance and the limit beside it. */
  function told(labelOf: (kind: Kind) => number, leak: (kind: Kind) => Shown = () => ({})) {
    const records = KINDS.flatMap(kind => shown.filter(one => one.kind === kind).slice(0, SESSIONS_A_KIND))
    const leaked = records.map(one => ({ label: labelOf(one.kind), shown: { ...one.shown, ...leak(one.kind) } }))
    const names = [...new Set(leaked.flatMap(one => Object.keys(one.shown)))].sort()
    const examples: Example[] = leaked.map(one => ({
      fields: names.map(name => one.shown[name] ?? -1),
      label: one.label,
    }))
    const share = crossValidated(examples, FOLDS, randomFrom(seed))
    const chance = 1 / new Set(examples.map(({ label }) => label)).size
    const limit = chance + DEVIATIONS * Math.sqrt((chance * (1 - chance)) / examples.length)
    return { share, limit, message: `${share} of ${examples.length} are told by ${names.join()}; seed ${seed}` }
  }

  it('does not tell a probe, a soak, a heartbeat and a user apart', () => {
    const { share, limit, message } = told(kind => KINDS.indexOf(kind))
    expect(share, message).to.be.below(limit)
  })

  it('does not tell what is measured from what is not', () => {
    const { share, limit, message } = told(kind => Number(kind === 'probe' || kind === 'soak'))
    expect(share, message).to.be.below(limit)
  })

  it('would tell, if one kind alone waited 60 ms longer, asked for less, or gave a sign three times of four', () => {
    const random = randomFrom(seed)
    const leaks: ((kind: Kind) => Shown)[] = [
      kind => ({ leak: 100 * random() + (kind === 'probe' ? 60 : 0) }),
      kind => ({ leak: kind === 'heartbeat' ? 64 : 11_000 }),
      kind => ({ leak: kind === 'soak' && random() < 0.75 ? 1 : 0 }),
    ]
    for (const leak of leaks) {
      const { share, limit, message } = told(kind => KINDS.indexOf(kind), leak)
      expect(share, message).to.be.above(limit)
    }
  })
})
