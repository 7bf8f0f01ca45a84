/** Why an explanation may be believed: who signed the report, where it is on chain, and what was checked. */
import type { EpochPageJson } from '../../evidence/schema/epochs.js'
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { Copied } from '../parts/hash.js'
import { Signers } from '../parts/signers.js'
import { Term } from '../parts/term.js'

interface Props {
  readonly of: ExplanationJson
  readonly signers: NonNullable<EpochPageJson['detail']>['signers']
}

export function Proof({ of: { certificate, settlement, checks }, signers }: Props) {
  const { verifiers, nonSigners, round, txHash, blockNumber, gasUsed, headerHash } = certificate
  return (
    <>
      <h2>The proof</h2>
      <dl class="parts">
        <div>
          <dt>
            <Term word="certificate">Certificate</Term>
          </dt>
          <dd>
            {verifiers - nonSigners.length} of {verifiers} verifiers signed the header in round {round}; block{' '}
            {blockNumber} accepted it for {gasUsed} gas.
          </dd>
        </div>
        {signers.length > 0 && (
          <div>
            <dt>Signers</dt>
            <dd>
              <Signers of={signers} />
            </dd>
          </div>
        )}
        <div>
          <dt>
            <Term word="report">Header</Term>
          </dt>
          <dd>
            <Copied text={headerHash} name="hash of the header" />
          </dd>
        </div>
        <div>
          <dt>Transaction</dt>
          <dd>
            <Copied text={txHash} name="transaction of the report" />
          </dd>
        </div>
        {settlement !== null && (
          <div>
            <dt>
              <Term word="settlement">{settlement.refuted ? 'Refuted in' : 'Slashed in'}</Term>
            </dt>
            <dd>
              <Copied text={settlement.txHash} name="transaction of the settlement" />
            </dd>
          </div>
        )}
      </dl>
      <ul class="checks" aria-label="Checks">
        {checks.map(({ what, holds }) => (
          <li key={what}>
            <span class={holds ? 'good' : 'bad'}>{holds ? '✓ holds: ' : '✗ fails: '}</span>
            {what}
          </li>
        ))}
      </ul>
    </>
  )
}
