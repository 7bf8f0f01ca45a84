import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { EpochEvent, ReadyEvent } from '../events.js'
import { LiveView, lineOf } from '../live-view.js'

const PROVIDER = '0x00000000000000000000000000000000000000aa'

const EPOCH: EpochEvent = {
  ...{
    event: 'epoch',
    epoch: 3,
    posted: true,
    round: 0,
    signers: 4,
    verifiers: 5,
    gasUsed: 245_000,
    txHash: ZERO_HASH,
    why: [],
  },
  scores: [
    {
      ...{ name: 'provider-1', address: PROVIDER, profile: 'offline', status: 'unmeasured', claimKbps: 25_000 },
      ...{ rateKbps: null, uptimeBps: 4321, scoreBps: 4000, tier: 0, breachBits: 0b101, penaltyBps: 0 },
    },
  ],
}

describe('live view', () => {
  it('prints one line per event if the output is not a terminal', () => {
    const written: string[] = []
    const view = new LiveView({ write: text => written.push(text) })
    view.show(EPOCH)
    view.show({ event: 'node-ended', name: 'provider-1', wanted: true, code: 0, signal: null, lastLog: [] })
    expect(written).to.have.length(2)
    expect(written[0]).to.match(
      /^epoch 3: 4 of 5 signed round 0, 245000 gas .*unmeasured, up 43\.2 %, score 40\.0 % ○○●○●\n$/,
    )
    expect(written[1]).to.equal('ended: provider-1 with exit code 0; the testnet ended it\n')
  })

  it('redraws the whole screen on a terminal, with the reports so far', () => {
    let screen = ''
    const view = new LiveView({
      isTTY: true,
      write: text => {
        screen = text
      },
    })
    view.show(EPOCH)
    view.show({ ...EPOCH, epoch: 4 })
    expect(screen)
      .to.match(/\n3 +4 of 5 +0 +245000/)
      .and.match(/\n4 +4 of 5/)
    view.close()
  })

  it('shows a provider that somebody added by hand beside those of the run', () => {
    let screen = ''
    const view = new LiveView({
      isTTY: true,
      write: text => {
        screen = text
      },
    })
    const own = { address: '0x00000000000000000000000000000000000000bb', profile: 'honest', claimKbps: 8000 }
    view.show({ event: 'ready', verifiers: [], providers: [own] } as unknown as ReadyEvent)
    view.show({ ...EPOCH, scores: EPOCH.scores.map(score => ({ ...score, name: 'guest 9', profile: 'guest' })) })
    view.close()
    expect(screen)
      .to.match(/\n0x0000…00bb +honest +8\.00 Mbit\/s/)
      .and.match(/\n0x0000…00aa +guest +25\.00 Mbit\/s +unmeasured/)
  })

  it('says why there is no report', () =>
    expect(
      lineOf({ ...EPOCH, posted: false, why: [{ name: 'verifier-1', sentence: 'seen lists of 4 of 7' }] }),
    ).to.equal('epoch 3: no report. verifier-1: seen lists of 4 of 7'))
})
