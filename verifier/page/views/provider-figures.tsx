/** The figures of a provider, and the parts of its score. */
import type { ComponentChildren } from 'preact'
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import type { ProviderPageJson } from '../../evidence/schema/providers.js'
import { rateText, shareText, tokensText } from '../../evidence/text/figures.js'
import { measuredText } from '../model/measured-text.js'
import { Breaches } from '../parts/breaches.js'
import { NOTHING } from '../parts/columns.js'
import { Term } from '../parts/term.js'

interface Props {
  readonly page: ProviderPageJson
  /** of its last leaf */
  readonly latest: ExplanationJson | undefined
}

export function ProviderFigures({ page, latest }: Props) {
  const { leaf, parts } = page
  const evidence = latest?.outlook.evidence
  return (
    <dl class="figures">
      <Figure name={<Term word="claim">Claimed</Term>}>{rateText(page.claimKbps)}</Figure>
      <Figure name={<Term word="reading">Measured</Term>} note={latest && 'lowest to highest counted vote'}>
        {latest === undefined ? NOTHING : measuredText(latest)}
      </Figure>
      <Figure name={<Term word="certified rate">Certified</Term>} note={leaf && `epoch ${leaf.epoch}`}>
        {leaf === null ? NOTHING : rateText(leaf.rateKbps)}
      </Figure>
      <Figure
        name={<Term word="score R">Score</Term>}
        note={parts && `R = T ${parts.throughput.toFixed(3)} · U ${shareText(parts.uptimeBps)}`}
      >
        {leaf === null ? NOTHING : shareText(leaf.scoreBps)}
      </Figure>
      <Figure
        name={<Term word="throughput T">Throughput</Term>}
        note={parts && `${parts.sum.toFixed(2)} of ${parts.weight.toFixed(2)} windows, decayed`}
      >
        {parts === null ? NOTHING : shareText(parts.throughput * 10_000)}
      </Figure>
      <Figure
        name={<Term word="uptime U">Uptime</Term>}
        note={parts && `${parts.ticksUp.toFixed(1)} of ${parts.ticksTotal.toFixed(1)} ticks, decayed`}
      >
        {parts === null ? NOTHING : shareText(parts.uptimeBps)}
      </Figure>
      <Figure
        name={<Term word="evidence (for T)">Evidence</Term>}
        note={evidence && `confidence: of at most ${evidence.most.toFixed(1)}`}
      >
        {evidence === undefined ? NOTHING : `${evidence.windows.toFixed(1)} windows`}
      </Figure>
      <Figure name={<Term word="tier">Tier</Term>} note="0 to 3, from uptime alone">
        {leaf?.tier ?? NOTHING}
      </Figure>
      <Figure name={<Term word="breach">Breaches</Term>} note="three of the last five cost stake">
        <Breaches bits={leaf?.breachBits ?? 0} />
      </Figure>
      <Figure name={<Term word="stake">Stake</Term>}>{tokensText(BigInt(page.bond.active))} tokens</Figure>
      <Figure name={<Term word="penalty">Slashed</Term>}>
        {page.slashed === '0' ? 'nothing' : <span class="bad">{tokensText(BigInt(page.slashed))} tokens</span>}
      </Figure>
      <Figure name="Share of all claims">{shareText(page.shareBps)}</Figure>
    </dl>
  )
}

interface FigureProps {
  readonly name: ComponentChildren
  readonly note?: string | null | undefined
  readonly children: ComponentChildren
}

const Figure = ({ name, note, children }: FigureProps) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {children}
      {note && <small>{note}</small>}
    </dd>
  </div>
)
