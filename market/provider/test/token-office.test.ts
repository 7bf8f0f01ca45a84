/** Attack: a peer gets more tokens than it may have, gets them as another, or spends them where they are not good. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { systemRandom, TokenOrder, tokenKeyOf } from '../../../probe/index.js'
import { TOKEN_REFUSE } from '../../../proto/messages.js'
import { NO_TOKEN, TOKEN_BYTES, tokenInfo } from '../../../proto/token.js'
import { TokenLedger } from '../token-ledger.js'
import { type Entitlement, TokenOffice } from '../token-office.js'

const network = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` } as const
const account = `0x${'11'.repeat(20)}` as const
const key = tokenKeyOf(new Uint8Array(32).fill(7))

describe('a token office', () => {
  let directory: string
  const entitlementOf = (peer: string, era: number): Entitlement | undefined =>
    peer === 'member' && era > 0 ? { holder: 'verifier-1', tokens: 6 } : undefined
  const newOffice = () =>
    new TokenOffice({
      network,
      account,
      key,
      ledger: new TokenLedger(directory, pino({ level: 'silent' })),
      random: systemRandom,
    })
  let office: TokenOffice

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-office-'))
    office = newOffice()
    office.setEras([3])
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const orderOf = (count: number, era = 3) =>
    new TokenOrder({ publicKey: key.publicKey, info: tokenInfo(network, account, era), era }, count, systemRandom)

  function ask(count: number, { from = 'member', era = 3, at = office } = {}): Uint8Array[] | number {
    const order = orderOf(count, era)
    const { issue, refuse } = at.issue({ era, blindedElements: order.blindedElements }, entitlementOf(from, era))
    return issue ? order.finish(issue) : refuse!.reason
  }

  it('issues tokens that open reserved sessions, each one once', () => {
    const tokens = ask(2) as Uint8Array[]
    expect(tokens.map(token => office.classOf(token))).to.deep.equal(['reserved', 'reserved'])
    expect(tokens.map(token => office.classOf(token))).to.deep.equal(['invalid', 'invalid'])
    expect(office.classOf(NO_TOKEN)).to.equal('stranger')
    expect(office.classOf(new Uint8Array(randomBytes(TOKEN_BYTES)))).to.equal('invalid')
  })

  it('issues no more than the allowance, in one request or in many, before a restart and after it', () => {
    expect(ask(7)).to.equal(TOKEN_REFUSE.allowance)
    expect(ask(4)).to.have.length(4)
    expect(ask(3)).to.equal(TOKEN_REFUSE.allowance)
    const restarted = newOffice()
    restarted.setEras([3])
    expect(ask(3, { at: restarted })).to.equal(TOKEN_REFUSE.allowance)
    expect(ask(2, { at: restarted })).to.have.length(2)
  })

  it('issues none to a peer that is no member, and none of an era that it does not serve', () => {
    expect(ask(1, { from: 'stranger' })).to.equal(TOKEN_REFUSE.notMember)
    expect(ask(1, { era: 2 })).to.equal(TOKEN_REFUSE.era)
    expect(ask(1, { era: 4 })).to.equal(TOKEN_REFUSE.era)
  })

  it('counts nothing for a request that it cannot serve', () => {
    const broken = { era: 3, blindedElements: Array.from({ length: 6 }, () => new Uint8Array(32).fill(0xff)) }
    expect(() => office.issue(broken, entitlementOf('member', 3))).to.throw()
    expect(ask(6)).to.have.length(6)
  })

  it('takes the tokens of the era before as long as it is told to', () => {
    const [early, late] = ask(2) as Uint8Array[]
    office.setEras([3, 4])
    expect(office.classOf(early!)).to.equal('reserved')
    office.setEras([4])
    expect(office.classOf(late!)).to.equal('invalid')
  })

  it('does not take a token whose era was rewritten', () => {
    office.setEras([3, 4])
    const [token] = ask(1) as Uint8Array[]
    const moved = Uint8Array.from(token!)
    moved[3] = 4
    expect(office.classOf(moved)).to.equal('invalid')
    expect(office.classOf(token!)).to.equal('reserved')
  })
})
