/** What may be paid for what was delivered. Pure. Bytes are IP-layer bytes of a leg, or bytes of connections at an exit. */

/** What the sessions of one leg, or one tunnel at an exit, delivered and were paid from their beginning to their end. */
export interface Life {
  /** of each session, counted outside of the programs */
  readonly delivered: readonly number[]
  /** of all sessions: what was delivered while the client could still sign */
  readonly provableBytes: number
  /** that the client signed for, of which its disk tells after the end */
  readonly signedBytes: number
  /** for which the payee has a voucher on its disk */
  readonly paidBytes: number
}

/** Of one session. */
export interface Limits {
  /** that may be delivered and not paid, once a payment was made */
  readonly windowBytes: number
  /** before the first payment */
  readonly creditBytes: number
}

export const deliveredOf = ({ delivered }: Life): number => delivered.reduce((sum, bytes) => sum + bytes, 0)
export const unpaidOf = (life: Life): number => deliveredOf(life) - life.paidBytes

/** Predicates, one for each bound that does not hold. */
export function faultsOf(life: Life, limits: Limits): string[] {
  const { delivered, provableBytes, signedBytes, paidBytes } = life
  const most = paidBytes > 0 ? limits.windowBytes : limits.creditBytes
  // Vouchers tell the sum of a channel, and not of which session each byte is. What exceeds a session's bound must be paid.
  const dueBytes = delivered.reduce((sum, bytes) => sum + Math.max(0, bytes - most), 0)
  return [
    ...(signedBytes > provableBytes ? [`signed for ${signedBytes} bytes of ${provableBytes} delivered`] : []),
    ...(paidBytes > signedBytes ? [`has a voucher for ${paidBytes} bytes of ${signedBytes} signed`] : []),
    ...(paidBytes < dueBytes ? [`delivered ${delivered.join(' and ')} bytes for ${paidBytes} paid`] : []),
  ]
}
