/** The agreements that this node takes part in, by epoch: made when an epoch, or the first message of one, asks for it. */
import type { Certificate } from '../../proto/messages.js'
import type { GossipKind } from '../../proto/protocols.js'
import { verifierOf } from '../core/facts.js'
import type { AcceptedReports } from './accepted-reports.js'
import { AgreementRunner } from './agreement-runner.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts, EpochRecord } from './epoch-facts.js'
import { inBackground } from './failures.js'
import type { ReportComputer } from './report-computer.js'
import { lastSignedEpoch } from './signing.js'
import type { Transmission } from './transmission.js'

/** Epochs whose agreement is kept: the one that runs, and those before that may still get messages. */
const KEPT_EPOCHS = 3

export interface AgreementRunnersModules {
  readonly context: VerifierContext
  readonly epochFacts: EpochFacts
  readonly reports: AcceptedReports
  readonly computer: ReportComputer
  readonly transmission: Transmission
  /** Publishes to the others and delivers to this node as well. */
  readonly broadcast: (kind: GossipKind, message: Uint8Array) => Promise<void>
  readonly maySign: (epoch: number) => boolean
}

export class AgreementRunners {
  readonly #runners = new Map<number, Promise<AgreementRunner | undefined>>()
  #lastSigned: number | undefined

  constructor(private readonly modules: AgreementRunnersModules) {
    this.#lastSigned = lastSignedEpoch(modules.context.store)
  }

  /** The newest epoch of which the key signed a report; undefined if it signed none. */
  get lastSigned(): number | undefined {
    return this.#lastSigned
  }

  /** Waits until the epoch's facts are known. Undefined if the frozen set of the epoch does not hold this verifier. */
  of(epoch: number): Promise<AgreementRunner | undefined> {
    let runner = this.#runners.get(epoch)
    if (runner === undefined) {
      runner = this.modules.epochFacts.get(epoch).then(record => this.#make(record))
      runner.catch(() => this.#runners.delete(epoch))
      this.#runners.set(epoch, runner)
      this.#runners.delete(epoch - KEPT_EPOCHS)
    }
    return runner
  }

  #make(record: EpochRecord): AgreementRunner | undefined {
    const { context, reports, computer, broadcast, maySign } = this.modules
    if (verifierOf(record.facts, context.self.index) === undefined) return undefined
    const onCertificate = (certificate: Certificate) => this.#transmit(certificate, record)
    const onSigned = () => {
      this.#lastSigned = Math.max(this.#lastSigned ?? 0, record.facts.epoch)
    }
    return new AgreementRunner({ context, reports, computer, broadcast, maySign, onCertificate, onSigned }, record)
  }

  #transmit(certificate: Certificate, { facts }: EpochRecord): void {
    const { context, transmission } = this.modules
    inBackground(context, transmission.post(certificate, facts))
  }
}
