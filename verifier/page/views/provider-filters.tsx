import { useEffect, useRef, useState } from 'preact/hooks'
import type { ProviderState, ProvidersJson } from '../../evidence/schema/providers.js'
import type { ListQuery } from '../model/list-query.js'
import { regionText } from '../model/region-text.js'

interface Props {
  readonly regions: ProvidersJson['regions']
  readonly query: ListQuery
  readonly onChange: (changes: Partial<ListQuery>) => void
}

type Option = readonly [value: string, text: string]

const ALL: Option = ['', 'all']
const TIERS: readonly Option[] = [ALL, ...['3', '2', '1', '0'].map((tier): Option => [tier, tier])]
const STATES: readonly Option[] = [
  ['', 'active'],
  ...(['measured', 'unmeasured', 'unserving', 'new', 'exited'] satisfies ProviderState[]).map(
    (state): Option => [state, state],
  ),
  ['all', 'all'],
]

/** A search waits until the typing pauses. */
const TYPING_MS = 200

export function ProviderFilters({ regions, query, onChange }: Props) {
  const [typed, setTyped] = useState(query.q)
  const sent = useRef(query.q)
  // only typing starts a search
  useEffect(() => {
    if (typed === query.q) return
    const timer = setTimeout(() => {
      sent.current = typed
      onChange({ q: typed })
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  // A link or Back may bring another search; its own comes back while the reader types on.
  useEffect(() => {
    if (query.q !== sent.current) setTyped(query.q)
  }, [query.q])
  const inRegions = regions.map(({ region, providers }): Option => [region, `${regionText(region)} (${providers})`])
  return (
    <search class="filters">
      <label class="search">
        Search
        <input
          type="search"
          value={typed}
          placeholder="address, peer id or network address"
          autocomplete="off"
          spellcheck={false}
          maxLength={128}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </label>
      <Choice label="Tier" value={query.tier} options={TIERS} onChange={tier => onChange({ tier })} />
      <Choice
        label="Region"
        value={query.region}
        options={[ALL, ...inRegions]}
        onChange={region => onChange({ region })}
      />
      <Choice label="State" value={query.state} options={STATES} onChange={state => onChange({ state })} />
    </search>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly Option[]
  readonly onChange: (value: string) => void
}

const Choice = ({ label, value, options, onChange }: ChoiceProps) => (
  <label>
    {label}
    <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  </label>
)
