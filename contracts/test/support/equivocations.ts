/** Evidence against the verifiers of a test network. */
import {
  type Equivocation,
  equivocationDigests,
  STATEMENT_KINDS,
  type StatementKind,
} from '../../../proto/equivocation.js'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { aggregate, sign, type TestKey } from './bls.js'
import type { Receipt } from './evm.js'
import type { Certificate, TestNetwork } from './network.js'

export interface Evidence {
  readonly evidence: Equivocation
  readonly signature: Hex
}

export const kindOf = (name: StatementKind): number => STATEMENT_KINDS.indexOf(name)

/** Two contradicting statements of the verifier at a position, in epoch 2 unless a test says otherwise. */
export function statements(
  net: TestNetwork,
  position: number,
  kind: StatementKind = 'report',
  change: Partial<Equivocation> = {},
): Equivocation {
  const epoch = change.epoch ?? 2
  return {
    kind: kindOf(kind),
    era: Math.floor((epoch - 1) / net.params.eraEpochs) + 1,
    epoch,
    slot: kind === 'report' ? 0 : position + 1, // registry indices count from 1
    position,
    first: keccakText('one'),
    second: keccakText('another'),
    ...change,
  }
}

/** The sum of a key's signatures over both statements. */
export const sumBy = (net: TestNetwork, key: TestKey, evidence: Equivocation): Hex =>
  aggregate(equivocationDigests(net.id, evidence).map(digest => sign(key, digest)))

/** True evidence against the verifier at a position. */
export function convicting(
  net: TestNetwork,
  position: number,
  ...rest: [StatementKind?, Partial<Equivocation>?]
): Evidence {
  const evidence = statements(net, position, ...rest)
  return { evidence, signature: sumBy(net, net.verifiers[position]!.key, evidence) }
}

export const bring = (net: TestNetwork, { evidence, signature }: Evidence, from = net.deployer): Promise<Receipt> =>
  net.equivocation.send(from, 'slashEquivocation', evidence, signature)

export const bondOf = (net: TestNetwork, position: number): Promise<bigint> =>
  net.vault.read('slashable', net.registry.address, net.verifiers[position]!.account)

/** Certificates of two headers of one epoch in round 0, with these non-signers. */
export async function contradicting(
  net: TestNetwork,
  [first, second]: readonly [readonly number[], readonly number[]],
  epoch = 2,
): Promise<[Certificate, Certificate]> {
  const header = await net.header(epoch)
  const other = { ...header, scoreRoot: keccakText('another score root') }
  return [net.certify(header, { nonSigners: first }), net.certify(other, { nonSigners: second })]
}

export function bringCertificates(
  net: TestNetwork,
  [first, second]: readonly Certificate[],
  round = 0,
): Promise<Receipt> {
  const lists = [first!.nonSigners, second!.nonSigners]
  const signatures = [first!.signature, second!.signature]
  return net.equivocation.send(
    net.deployer,
    'slashCertificates',
    first!.header,
    second!.header,
    round,
    lists,
    signatures,
  )
}
