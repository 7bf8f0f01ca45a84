/** Labels, and beside each its sentences. */
import type { Part } from '../../evidence/text/part.js'
import { PART_TERMS } from '../model/part-terms.js'
import { Term } from './term.js'

export const Parts = ({ of }: { of: readonly Part[] }) => (
  <dl class="parts">
    {of.map(({ label, lines }) => (
      <div key={label}>
        <dt>{PART_TERMS[label] === undefined ? label : <Term word={PART_TERMS[label]}>{label}</Term>}</dt>
        {lines.map(line => (
          <dd key={line}>{line}</dd>
        ))}
      </div>
    ))}
  </dl>
)
