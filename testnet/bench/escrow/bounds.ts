/** What may be paid for what was delivered. Pure. Bytes are IP-layer bytes of a leg, or bytes of connections at an exit. */

/** A life: what one leg, or one tunnel at an exit, delivered and was paid from its beginning to its end. */
export interface Life {
  /** counted outside of the programs */
  readonly deliveredBytes: number
  /** those after which nobody could sign any more; more may have been sent to a client that was dead */
  readonly provableBytes: number
  /** that the client signed for, of which its disk tells after the end */
  readonly signedBytes: number
  /** for which the payee has a voucher on its disk */
  readonly paidBytes: number
  /** that were open one after another: each may leave a window unpaid */
  readonly windows: number
}

export interface Limits {
  /** that may be delivered and not paid, once a payment was made */
  readonly windowBytes: number
  /** before the first payment */
  readonly creditBytes: number
}

export const unpaidOf = ({ deliveredBytes, paidBytes }: Life): number => deliveredBytes - paidBytes

/** What a life may leave unpaid. */
export const mostUnpaidOf = ({ paidBytes, windows }: Life, { windowBytes, creditBytes }: Limits): number =>
  windows * (paidBytes > 0 ? windowBytes : creditBytes)

/** Predicates, one for each bound that does not hold. */
export function faultsOf(life: Life, limits: Limits): string[] {
  const { provableBytes, signedBytes, paidBytes } = life
  const most = mostUnpaidOf(life, limits)
  return [
    ...(signedBytes > provableBytes ? [`signed for ${signedBytes} bytes of ${provableBytes} delivered`] : []),
    ...(paidBytes > signedBytes ? [`has a voucher for ${paidBytes} bytes of ${signedBytes} signed`] : []),
    ...(unpaidOf(life) > most ? [`left ${unpaidOf(life)} bytes unpaid, more than ${most}`] : []),
  ]
}
