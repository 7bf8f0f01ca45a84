/** Why a provider has its score in one epoch: the answer, the votes, the rule, the signers, the transaction. */
import type { Hex } from '../../../proto/hex.js'
import { ENDPOINTS } from '../../client/index.js'
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { throughputOf, windowBits } from '../../evidence/score-parts.js'
import { rateText, shareText } from '../../evidence/text/figures.js'
import { OUTLOOK_TITLE, outlookParts } from '../../evidence/text/outlook-parts.js'
import { penaltyText } from '../../evidence/text/penalty.js'
import { PARTS_TITLE, scoreParts } from '../../evidence/text/score-parts.js'
import { get } from '../data/answers.js'
import { useLive } from '../data/live.js'
import { useAnswer } from '../data/use-answer.js'
import { verdictOf } from '../model/verdict.js'
import { Breaches } from '../parts/breaches.js'
import { Copied } from '../parts/hash.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Parts } from '../parts/parts.js'
import { Term } from '../parts/term.js'
import { LINK } from '../route.js'
import { Proof } from './proof.js'
import { Votes } from './votes.js'

interface Props {
  readonly provider: Hex
  readonly epoch: number
}

export function Explanation({ provider, epoch }: Props) {
  const epochNow = useLive().phase?.epoch ?? 0
  const loaded = useAnswer(`explanation ${provider} ${epoch}`, async signal => {
    const [of, page] = await Promise.all([
      get(ENDPOINTS.explanation, signal, { provider, epoch }),
      get(ENDPOINTS.epoch, signal, { epoch }),
    ])
    return { of, signers: page.detail?.signers ?? [] }
  })
  return (
    <>
      <p class="path">
        <a href={LINK.providers}>Providers</a> /{' '}
        <a href={LINK.provider(provider)}>
          {provider.slice(0, 6)}…{provider.slice(-4)}
        </a>{' '}
        /
      </p>
      <Heading title={`Epoch ${epoch}: why the score is what it is`} />
      <p class="path">
        <Copied text={provider} name="address" />
      </p>
      <Answered of={loaded}>
        {({ of, signers }) => (
          <>
            <Answer of={of} />
            <nav class="around" aria-label="Epochs of this provider">
              {of.previousLeaf !== null && (
                <a href={LINK.explanation(provider, of.previousEpoch)}>← epoch {of.previousEpoch}</a>
              )}
              <a href={LINK.epoch(epoch)}>All of epoch {epoch}</a>
              {epoch + 1 < epochNow && <a href={LINK.explanation(provider, epoch + 1)}>epoch {epoch + 1} →</a>}
            </nav>
            <Votes of={of} />
            <h2>{PARTS_TITLE[of.window.ended ? 'ended' : 'waiting']}</h2>
            <Parts of={scoreParts(of)} />
            <Proof of={of} signers={signers} />
            <h2>{OUTLOOK_TITLE}</h2>
            <Parts of={outlookParts(of)} />
          </>
        )}
      </Answered>
    </>
  )
}

function Answer({ of }: { of: ExplanationJson }) {
  const { leaf, checks, settlement } = of
  const failed = checks.filter(({ holds }) => !holds).length
  return (
    <div class={leaf.penaltyBps > 0 || leaf.breachBits > 0 ? 'answer bad' : 'answer'}>
      {failed > 0 && (
        <p class="bad">
          Unproven: {failed} of {checks.length} checks failed. They are below.
        </p>
      )}
      {leaf.penaltyBps > 0 && (
        <p>
          <strong>
            <Term word="penalty">Penalty</Term>: {penaltyText(of)}
          </strong>
          , because this is the third <Term word="breach" /> in the last five{' '}
          <Term word="window that counts (for a penalty)" then=".">
            windows that count
          </Term>
        </p>
      )}
      <p>{verdictOf(of)}</p>
      <p>
        <Term word="score R">Score</Term> <strong>{shareText(leaf.scoreBps)}</strong> ={' '}
        <Term word="throughput T">throughput T</Term> {throughputOf(leaf).toFixed(6)} ·{' '}
        <Term word="uptime U">uptime U</Term> {shareText(leaf.uptimeBps)}; <Term word="tier" /> {leaf.tier};{' '}
        <Term word="certified rate" /> {rateText(leaf.rateKbps)}; <Term word="breach">breaches</Term>{' '}
        <Breaches bits={windowBits(of)} />
      </p>
      {settlement !== null && (
        <p>
          {settlement.refuted ? 'Refuted' : 'Slashed'} in transaction{' '}
          <Copied text={settlement.txHash} name="transaction" />
        </p>
      )}
    </div>
  )
}
