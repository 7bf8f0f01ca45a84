import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { Terminal } from '../../../verifier/cli/test/terminal.js'
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
    ballots: 5,
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

const READY = {
  ...{ event: 'ready', seed: '1', apiUrl: 'http://127.0.0.1:1', rpcUrl: 'http://127.0.0.1:2', dataDir: '/tmp/x' },
  verifiers: [],
  providers: [{ name: 'provider-1', address: PROVIDER, profile: 'offline', claimKbps: 25_000 }],
} as unknown as ReadyEvent

/** Without what moves the cursor. */
const lines = (text: string): string[] =>
  text
    .split('\u001b')
    .map(part => part.replace(/^\[[?\d;]*[A-Za-z]/, ''))
    .join('')
    .split('\n')

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

  describe('on a terminal', () => {
    let terminal: Terminal
    let view: LiveView

    beforeEach(() => {
      terminal = new Terminal()
      view = new LiveView(terminal)
    })
    afterEach(() => view.close())

    /** What the terminal shows last. */
    const shown = (columns: number) => {
      terminal.columns = columns
      terminal.written.length = 0
      terminal.emit('resize')
      return lines(terminal.written.join(''))
    }
    const widest = (text: readonly string[]) => Math.max(...text.map(line => line.length))

    it('shows the reports so far, and leaves all of it behind', () => {
      view.show(READY)
      for (const epoch of [3, 4]) view.show({ ...EPOCH, epoch })
      terminal.written.length = 0
      view.close()
      const last = terminal.written.join('')
      expect(last).to.match(/\n3 +4 of 5 +0 +245000/)
      expect(last).to.match(/\n4 +4 of 5/)
    })

    it('fits every width, and is drawn again when the width changes', () => {
      view.show(READY)
      view.show(EPOCH)
      view.show({ event: 'fault', what: 'x'.repeat(300), begins: true })
      for (const columns of [40, 80, 100, 130, 200]) expect(widest(shown(columns)), `${columns}`).to.be.at.most(columns)
      expect(shown(200).join('\n')).to.include(`provider-1  ${PROVIDER}  offline`)
      expect(shown(110).join('\n')).to.include('provider-1  0x0000…00aa  offline  25.00 Mbit/s')
      const narrow = shown(80)
      expect(narrow.join('\n')).to.match(/provider-1 +offline +25\.00 +none +43\.2 % +40\.0 % +○○●○● +intact/)
      expect(narrow.some(line => line.startsWith('PROVIDER') && line.endsWith('…'))).to.equal(false)
    })

    it('keeps its heading on a terminal that is not high', () => {
      view.show(READY)
      for (let epoch = 1; epoch <= 30; epoch++) {
        view.show({ ...EPOCH, epoch })
        view.show({ event: 'restarted', name: `verifier-${epoch}`, pid: 1 })
      }
      expect(shown(80).join('\n')).to.include('bandwitness testnet, seed 1').and.to.include('30     4 of 5')
    })
  })

  it('shows a provider that somebody added by hand beside those of the run', () => {
    const terminal = new Terminal()
    terminal.columns = 130
    const view = new LiveView(terminal)
    const own = {
      name: 'provider-2',
      address: '0x00000000000000000000000000000000000000bb',
      profile: 'honest',
      claimKbps: 8000,
    }
    view.show({ event: 'ready', verifiers: [], providers: [own] } as unknown as ReadyEvent)
    view.show({ ...EPOCH, scores: EPOCH.scores.map(score => ({ ...score, name: 'guest 9', profile: 'guest' })) })
    view.close()
    expect(lines(terminal.written.at(-1)!).join('\n'))
      .to.match(/\nprovider-2 +0x0000…00bb +honest +8\.00 Mbit\/s/)
      .and.match(/\nguest 9 +0x0000…00aa +guest +25\.00 Mbit\/s +unmeasured/)
  })

  it('says why there is no report', () =>
    expect(
      lineOf({ ...EPOCH, posted: false, why: [{ name: 'verifier-1', sentence: 'seen lists of 4 of 7' }] }),
    ).to.equal('epoch 3: no report. verifier-1: seen lists of 4 of 7'))
})
