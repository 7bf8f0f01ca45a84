/** The answer first: what the last report says of a provider, what it lost, and where the votes are that say so. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import type { ProviderPageJson } from '../../evidence/schema/providers.js'
import { tokensText } from '../../evidence/text/figures.js'
import { verdictOf } from '../model/verdict.js'
import { LINK } from '../route.js'

interface Props {
  readonly page: ProviderPageJson
  readonly latest: ExplanationJson | undefined
}

/** Penalties that the answer names; the table of epochs has all. */
const NAMED = 3

export function ProviderVerdict({ page, latest }: Props) {
  const { provider, leaf, settlements } = page
  const taken = settlements.filter(({ refuted }) => !refuted).reverse()
  const isBad = taken.length > 0 || (leaf?.breachBits ?? 0) > 0
  return (
    <div class={isBad ? 'answer bad' : 'answer'}>
      {taken.slice(0, NAMED).map(({ epoch, charged }) => (
        <p key={epoch}>
          <strong>Slashed {tokensText(BigInt(charged))} tokens</strong> for epoch {epoch}: a third breach in five
          windows that count. <a href={LINK.explanation(provider, epoch)}>Why: the votes of epoch {epoch}</a>
        </p>
      ))}
      <p>
        {latest !== undefined && verdictOf(latest)}
        {leaf === null && 'No report holds this provider yet: it is first measured in the window after next.'}
        {leaf !== null && latest === undefined && 'This node does not hold the evidence of the last report.'}
        {leaf !== null && (
          <>
            {' '}
            <a href={LINK.explanation(provider, leaf.epoch)}>The votes of epoch {leaf.epoch}</a>
          </>
        )}
      </p>
    </div>
  )
}
