/** One provider: what it promised, what was certified, why, and how that went on. */
import type { Hex } from '../../../proto/hex.js'
import { ENDPOINTS } from '../../client/index.js'
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import type { ProviderPageJson } from '../../evidence/schema/providers.js'
import { OUTLOOK_TITLE, outlookParts } from '../../evidence/text/outlook-parts.js'
import { get, getNetwork } from '../data/answers.js'
import { useAnswer } from '../data/use-answer.js'
import { standingOf } from '../model/standing.js'
import { Copied } from '../parts/hash.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Parts } from '../parts/parts.js'
import { StandingText } from '../parts/standing-text.js'
import { LINK } from '../route.js'
import { ProviderFigures } from './provider-figures.js'
import { ProviderHistory } from './provider-history.js'
import { ProviderVerdict } from './provider-verdict.js'

export function Provider({ provider }: { provider: Hex }) {
  const loaded = useAnswer(`provider ${provider}`, async signal => {
    const [page, network] = await Promise.all([get(ENDPOINTS.provider, signal, { provider }), getNetwork()])
    const latest = page.leaf === null ? undefined : await explanationIfHeld(provider, page.leaf.epoch, signal)
    return { page, latest, standing: standingOf(page, network.params.breachBps) }
  })
  return (
    <>
      <p class="path">
        <a href={LINK.providers}>Providers</a> /
      </p>
      <Heading title={`Provider ${provider.slice(0, 6)}…${provider.slice(-4)}`} />
      <p class="path">
        <Copied text={provider} name="address" />
      </p>
      <Answered of={loaded}>
        {({ page, latest, standing }) => (
          <>
            <p>
              <StandingText of={standing} />
            </p>
            <ProviderVerdict page={page} latest={latest} />
            <ProviderFigures page={page} latest={latest} />
            {latest !== undefined && (
              <>
                <h2>{OUTLOOK_TITLE}</h2>
                <Parts of={outlookParts(latest)} />
              </>
            )}
            <ProviderHistory provider={provider} />
            <Announced page={page} />
          </>
        )}
      </Answered>
    </>
  )
}

/** Undefined where this verifier has not kept the evidence; the page says the rest without it. */
async function explanationIfHeld(
  provider: Hex,
  epoch: number,
  signal: AbortSignal,
): Promise<ExplanationJson | undefined> {
  try {
    return await get(ENDPOINTS.explanation, signal, { provider, epoch })
  } catch (cause) {
    if (signal.aborted) throw cause
    return undefined
  }
}

const Announced = ({ page: { peerId, multiaddrs } }: { page: ProviderPageJson }) => (
  <>
    <h2>Where it can be reached</h2>
    {peerId === null ? (
      <p class="note">The provider has announced nothing.</p>
    ) : (
      <dl class="parts">
        <div>
          <dt>Peer id</dt>
          <dd>
            <Copied text={peerId} name="peer id" />
          </dd>
        </div>
        <div>
          <dt>Addresses</dt>
          {multiaddrs.map(text => (
            <dd key={text}>
              <Copied text={text} name="network address" />
            </dd>
          ))}
        </div>
      </dl>
    )}
  </>
)
