/** The verifiers: who measures and signs. */
import { ENDPOINTS } from '../../client/index.js'
import type { VerifierJson } from '../../evidence/schema/verifiers.js'
import { mbpsText, shortHex } from '../../evidence/text/figures.js'
import { get } from '../data/answers.js'
import { useAnswer } from '../data/use-answer.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { Copied } from '../parts/hash.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Pages } from '../parts/pages.js'
import { Term } from '../parts/term.js'
import { LINK } from '../route.js'

const YesNo = ({ is }: { is: boolean | undefined }) => {
  if (is === undefined) return NOTHING
  return <span class={is ? 'good' : 'warn'}>{is ? 'yes' : 'no'}</span>
}

const COLUMNS: readonly Column<VerifierJson>[] = [
  { ...{ key: 'index', title: 'Verifier', term: 'verifier', isFigure: true }, cell: ({ index }) => index },
  {
    ...{ key: 'account', title: 'Account' },
    cell: ({ account }) => <Copied text={account} name="account" isShort />,
  },
  {
    ...{ key: 'set', title: 'In the set', term: 'frozen set' },
    cell: ({ inSet, position }) =>
      inSet ? <span class="good">yes, position {position}</span> : <span class="quiet">no</span>,
  },
  { ...{ key: 'ballot', title: 'Ballot', term: 'ballot' }, cell: ({ last }) => <YesNo is={last?.balloted} /> },
  { ...{ key: 'signed', title: 'Signed', term: 'certificate' }, cell: ({ last }) => <YesNo is={last?.signed} /> },
  {
    ...{ key: 'capacity', title: 'Capacity', term: 'capacity', unit: 'Mbit/s', isFigure: true, isWide: true },
    cell: ({ capacityKbps }) => (capacityKbps === null ? NOTHING : mbpsText(capacityKbps)),
  },
  {
    ...{ key: 'peer', title: 'Peer id', isWide: true },
    cell: ({ peerId }) => (peerId === null ? NOTHING : <code title={peerId}>{shortHex(peerId)}</code>),
  },
  {
    ...{ key: 'addresses', title: 'Addresses', isWide: true, isText: true },
    cell: ({ multiaddrs }) => (multiaddrs.length === 0 ? NOTHING : <code>{multiaddrs.join(' ')}</code>),
  },
]

export function Verifiers() {
  const loaded = useAnswer('verifiers', signal => get(ENDPOINTS.verifiers, signal))
  return (
    <>
      <Heading title="Verifiers">
        Each <Term word="verifier" /> of the <Term word="frozen set" /> has one vote. More than two thirds of them sign
        a report.
      </Heading>
      <Answered of={loaded}>
        {({ era, epoch, items }) => (
          <>
            <p class="quiet" role="status">
              {items.filter(({ inSet }) => inSet).length} verifiers in the set of era {era}.{' '}
              {epoch > 0 && (
                <>
                  Ballots and signatures are those of <a href={LINK.epoch(epoch)}>epoch {epoch}</a>.
                </>
              )}
            </p>
            <Pages
              caption="Verifiers"
              columns={COLUMNS}
              rows={items}
              keyOf={({ index }) => index}
              empty="No verifier is known yet."
            />
          </>
        )}
      </Answered>
    </>
  )
}
