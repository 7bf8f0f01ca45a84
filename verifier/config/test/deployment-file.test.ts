import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { deploymentSettings } from '../deployment-file.js'

const EXAMPLE = new URL('../../../docs/guides/network.yaml', import.meta.url)

describe('the file of a deployment', () => {
  const example = () => parse(readFileSync(EXAMPLE, 'utf8'))
  const account = (i: number) => `0x${i.toString(16).padStart(40, '0')}`
  const faultsOf = (changed: object, params: Partial<NetworkParams> = {}): string => {
    const file = { ...example(), ...changed }
    try {
      deploymentSettings('it', { ...file, params: { ...file.params, ...params } })
    } catch (error) {
      return (error as Error).message
    }
    return 'none'
  }

  it('the example of the guide is accepted, in wei', () => {
    const settings = deploymentSettings('network.yaml', example())
    expect(settings.params).to.deep.equal(DEVNET)
    expect(settings).to.include({ verifierBond: 10n ** 22n, settleRefund: 10n ** 16n, stakePerMbps: 10n ** 18n })
  })

  it('a payer waits for a day, and slots of lanes last a minute, if the file says nothing of it', () => {
    const { thawSeconds: _, laneSlotSeconds: __, laneGraceSeconds: ___, ...silent } = example()
    const defaults = { thawSeconds: 86_400, laneSlotSeconds: 60, laneGraceSeconds: 86_400 }
    expect(deploymentSettings('network.yaml', silent)).to.include(defaults)
  })

  const refused: [what: string, changed: object, params: Partial<NetworkParams>, says: RegExp][] = [
    ['an epoch without time to agree', {}, { epochSeconds: 3 }, /epochSeconds 3 leaves no time to agree: .*3600 ms/],
    ['an epoch without time to measure', {}, { epochSeconds: 7, leadMs: 1800 }, /leaves no time to measure/],
    ['claims too small to measure', {}, { minClaimKbps: 10 }, /minClaimKbps 10 is too small to measure/],
    ['stake that leaves too early', {}, { unbondingSeconds: 646 }, /unbondingSeconds 646 must be more than 646/],
    ['evidence older than bonds', {}, { evidenceSeconds: 1_209_500, unbondingSeconds: 1e7 }, /1209640 s, longer/],
    ['finality after a week', {}, { settlementSeconds: 604_761, unbondingSeconds: 1e7 }, /take 604801 s, more/],
    ['a penalty above the limit', {}, { maxPenaltyBps: 1001 }, /maxPenaltyBps 1001 is not between 1 and 1000/],
    ['an account twice', { genesisVerifiers: [1, 2, 3, 3].map(account) }, {}, /names an account twice/],
    ['too few accounts', { genesisVerifiers: [account(1)] }, {}, /has 1 accounts, fewer than minimumVerifiers 3/],
    ['192 accounts', { genesisVerifiers: Array.from({ length: 192 }, (_, i) => account(i)) }, {}, /more than 191/],
    ['an unquoted account', { genesisVerifiers: [1.5e47] }, {}, /genesisVerifiers\.0: must be an address in quotation/],
    ['a thaw without time', { thawSeconds: 0 }, {}, /thawSeconds 0 must be at least 1,/],
    ['a short thaw', { thawSeconds: 86_399 }, { epochSeconds: 3600 }, /thawSeconds 86399 must be at least 86400,/],
    ['slots without length', { laneSlotSeconds: 0 }, {}, /laneSlotSeconds 0 is not between 1 and 300/],
    ['slots that reach beyond a day', { laneSlotSeconds: 301 }, {}, /laneSlotSeconds 301 is not between 1 and 300/],
    ['no time to settle', { laneGraceSeconds: 0 }, {}, /laneGraceSeconds 0 must be at least 1,/],
    [
      'little time to settle',
      { laneGraceSeconds: 99 },
      { epochSeconds: 3600 },
      /laneGraceSeconds 99 must be at least 864/,
    ],
    ['no bond', { verifierBond: 0 }, {}, /verifierBond must be more than 0/],
    ['an amount in words', { settleRefund: 'a little' }, {}, /settleRefund: must be an amount of tokens/],
    ['a name that nobody knows', { bond: 1 }, {}, /The file: Unrecognized key: "bond"/],
  ]
  for (const [what, changed, params, says] of refused) {
    it(`${what} is refused, in a sentence`, () => expect(faultsOf(changed, params)).to.match(says))
  }

  it('every fault is told at once', () => {
    const message = faultsOf({ verifierBond: 0, minimumVerifiers: 0 }, { epochSeconds: 0, maxPenaltyBps: 0 })
    expect(message).to.match(/verifierBond .* minimumVerifiers .* maxPenaltyBps .* epochSeconds/)
    expect(message).to.not.match(/\n/)
  })

  it('a file that holds no settings is refused', () => {
    for (const found of [null, 5, [], 'text'])
      expect(() => deploymentSettings('it', found)).to.throw(/The file: expected object/)
  })
})
