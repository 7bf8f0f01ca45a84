/** The list of providers: search, filters, order. */
import { rateText } from '../../evidence/text/figures.js'
import { type ProviderList, useProviderList } from '../data/provider-list.js'
import { type ListQuery, listQueryFrom, textOf } from '../model/list-query.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { LongTable } from '../parts/long-table.js'
import { Term } from '../parts/term.js'
import { LINK } from '../route.js'
import { PROVIDER_COLUMNS } from './provider-columns.js'
import { ProviderFilters } from './provider-filters.js'

export function Providers({ query }: { query: string }) {
  const wanted = listQueryFrom(query)
  const [loaded, more] = useProviderList(wanted)
  const change = (changes: Partial<ListQuery>) => {
    const next = textOf({ ...wanted, ...changes })
    // Not a step of its own in the history: Back leads out of the list.
    location.replace(next === '' ? LINK.providers : `${LINK.providers}?${next}`)
  }
  return (
    <>
      <Heading title="Providers">
        Whether each <Term word="provider" /> keeps its <Term word="claim" then="." /> Verifiers measure it, agree on
        one <Term word="report" /> for each <Term word="epoch" then="," /> and sign it. Choose a provider to see why its
        score is what it is.
      </Heading>
      <ProviderFilters
        regions={loaded.state === 'ready' ? loaded.value.regions : []}
        query={wanted}
        onChange={change}
      />
      <Answered of={loaded}>
        {list => (
          <>
            <p class="quiet" role="status">
              {summaryOf(list)}
            </p>
            {list.total === 0 ? (
              <p class="note">{emptyText(list)}</p>
            ) : (
              <LongTable
                caption="Providers"
                columns={PROVIDER_COLUMNS}
                rows={list.items}
                total={list.total}
                onMore={more}
                keyOf={({ provider }) => provider}
                sorting={{ by: wanted.sort, isDescending: wanted.order === 'desc' }}
                onSort={({ by, isDescending }) => change({ sort: by, order: isDescending ? 'desc' : 'asc' })}
              />
            )}
          </>
        )}
      </Answered>
    </>
  )
}

function summaryOf({ epoch, total, active, claimKbps }: ProviderList): string {
  const network = `${active} active ${active === 1 ? 'provider claims' : 'providers claim'} ${rateText(claimKbps)}`
  const shown = total === active ? network : `${total} shown; ${network}`
  return epoch === 0 ? `${shown}. No report is accepted yet.` : `${shown}. Figures of epoch ${epoch}.`
}

const emptyText = ({ active }: ProviderList): string =>
  active === 0
    ? 'No provider is active yet. One is listed once it has registered and an epoch has begun.'
    : 'No provider matches. Change the search, or choose another filter.'
