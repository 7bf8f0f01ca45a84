/**
 * What the data directories of verifiers show once all have stopped. What a verifier signed and others heard, it must have
 * in its signing record, and one value for each slot; what the chain accepted, it must have stored.
 */
import { type Hex, toHex } from '../../proto/hex.js'
import { Ballot, Commit, type GossipItem, Partial, SeenListMessage } from '../../proto/messages.js'
import { slotOf } from '../../verifier/node/signing.js'
import { Store } from '../../verifier/store/store.js'

export interface Stopped {
  readonly name: string
  readonly index: number
  readonly dataDir: string
}

export interface Aftermath {
  /** statements that the verifiers heard of each other */
  readonly statements: number
  /** one sentence for each thing that was lost or said twice */
  readonly failures: readonly string[]
  /** epochs about which others heard a statement, by registry index */
  readonly signed: ReadonlyMap<number, ReadonlySet<number>>
}

interface Statement {
  readonly verifier: number
  readonly epoch: number
  readonly slot: string
  readonly value: string
}

/**
 * @param verifiers that are honest
 * @param reports those that the chain accepted, in each epoch that was run
 */
export async function aftermath(
  verifiers: readonly Stopped[],
  reports: ReadonlyMap<number, Hex | undefined>,
): Promise<Aftermath> {
  const heard = new Map<string, Statement>()
  const recorded = new Map<number, ReadonlySet<string>>()
  const failures: string[] = []
  for (const { name, index, dataDir } of verifiers) {
    const store = await Store.open(dataDir, { mode: 'existing' })
    try {
      recorded.set(index, new Set(store.signedSlots))
      for (const [epoch, headerHash] of reports) {
        for (const item of await store.heardGossip(epoch)) {
          for (const one of statementsIn(item)) heard.set(`${one.verifier} ${one.slot} ${one.value}`, one)
        }
        if (headerHash !== undefined && !(await store.getReport(headerHash))) {
          failures.push(`${name} has no report of epoch ${epoch}.`)
        }
      }
    } finally {
      await store.close()
    }
  }
  for (const { name, index } of verifiers) {
    const own = [...heard.values()].filter(({ verifier }) => verifier === index).map(({ slot }) => slot)
    const twice = own.filter((slot, i) => own.indexOf(slot) < i)
    const lost = own.filter(slot => !recorded.get(index)!.has(slot))
    failures.push(
      ...twice.map(slot => `${name} signed another value for ${slot}.`),
      ...lost.map(slot => `${name} signed ${slot}, and its record does not hold it.`),
    )
  }
  return { statements: heard.size, failures, signed: epochsOf([...heard.values()]) }
}

function epochsOf(statements: readonly Statement[]): Map<number, Set<number>> {
  const signed = new Map<number, Set<number>>()
  for (const { verifier, epoch } of statements) {
    signed.set(verifier, (signed.get(verifier) ?? new Set()).add(epoch))
  }
  return signed
}

/** Nodes keep only messages whose signature they checked. */
function statementsIn({ kind, data }: GossipItem): Statement[] {
  if (kind === 'commit') {
    const { epoch, verifier, commitment } = Commit.decode(data)
    return [{ verifier, epoch, slot: slotOf('commit', epoch, 0), value: toHex(commitment) }]
  }
  if (kind === 'ballot') {
    const { epoch, verifier, root } = Ballot.decode(data)
    return [{ verifier, epoch, slot: slotOf('ballot', epoch, 0), value: toHex(root) }]
  }
  if (kind === 'seen') {
    const { epoch, verifier, entries } = SeenListMessage.decode(data)
    const value = entries.map(entry => `${entry.verifier}:${toHex(entry.root)}`).join()
    return [{ verifier, epoch, slot: slotOf('seen', epoch, 0), value }]
  }
  if (kind === 'partial') {
    const { epoch, round, verifier, headerHash } = Partial.decode(data)
    return [{ verifier, epoch, slot: slotOf('report', epoch, round), value: toHex(headerHash) }]
  }
  return []
}
