/** A network in epoch 3 with a good certificate for epoch 2, before each test of a suite. */
import { headerHash, reportDigest } from '../../../proto/digests.js'
import type { Header } from '../../../proto/header.js'
import type { Hex } from '../../../proto/hex.js'
import { expectRevert } from './evm.js'
import { type Certificate, HOUR, networkForEach, TestNetwork } from './network.js'

export const VERIFIERS = 7
/** The epoch that the good certificate reports. */
export const EPOCH = 2

export interface CertifiedEpoch {
  readonly net: () => TestNetwork
  /** The header of the good certificate. */
  readonly header: () => Header
  readonly good: () => Certificate
  /** The digest that the verifiers sign for the header in round 0. */
  readonly digest: () => Hex
  /** Expects that the contract rejects a certificate with this error. */
  readonly refused: (certificate: Certificate, error: string, ...args: unknown[]) => Promise<void>
  /** Expects that the contract rejects the signature of a certificate. */
  readonly invalid: (certificate: Certificate) => Promise<void>
}

export function certifiedEpoch(): CertifiedEpoch {
  let header: Header
  let good: Certificate
  // Mocha runs hooks in the order of their definition. This one must run before `networkForEach` takes the chain back.
  afterEach('the contract still accepts the good certificate if its time has not passed', async () => {
    const epoch = Math.floor(((await net().evm.now()) - net().genesis) / HOUR) + 1
    if (epoch === EPOCH + 1 && (await net().reports.read('lastEpoch')) === 1n) await net().post(good)
  })
  const net = networkForEach(async () => {
    const network = await TestNetwork.running(VERIFIERS)
    await network.report(1)
    return network
  })
  beforeEach(async () => {
    await net().enter(EPOCH + 1)
    header = await net().header(EPOCH)
    good = net().certify(header)
  })
  const refused = (certificate: Certificate, error: string, ...args: unknown[]) =>
    expectRevert(net().post(certificate), error, ...args)
  return {
    net,
    header: () => header,
    good: () => good,
    digest: () => reportDigest(net().id, header, 0, headerHash(net().id, header)),
    refused,
    invalid: certificate =>
      refused(certificate, 'InvalidCertificate', headerHash(net().id, certificate.header), certificate.round),
  }
}
