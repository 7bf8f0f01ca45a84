/** Who signed a report, and who did not. */
import type { EpochPageJson } from '../../evidence/schema/epochs.js'
import { verifiersText } from '../../evidence/text/verifiers.js'

export function Signers({ of }: { of: NonNullable<EpochPageJson['detail']>['signers'] }) {
  const indices = (isSigner: boolean) =>
    of
      .filter(({ signed }) => signed === isSigner)
      .map(({ index }) => index)
      .sort((a, b) => a - b)
  const [signed, missing] = [indices(true), indices(false)]
  return (
    <>
      <span class="good">signed: {signed.length === 0 ? 'nobody' : verifiersText(signed)}</span>
      {missing.length > 0 && <span class="warn">; not signed: {verifiersText(missing)}</span>}
    </>
  )
}
