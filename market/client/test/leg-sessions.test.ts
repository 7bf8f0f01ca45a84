/** What a leg's opening says when a provider does not take it, over a real relay. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { systemClock, systemRandom } from '../../../probe/index.js'
import { everybodyReserved, Relay } from '../../../probe/relay/relay.js'
import { HOST } from '../../../probe/test/harness.js'
import { connect, streamPair } from '../../../probe/wire/local-streams.js'
import { echoOf, isChallenge } from '../../../probe/wire/path-validation.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { AnswerVerifiers, answerSigner } from '../../../verifier/chain/answers.js'
import { voucherSigner } from '../../../verifier/chain/vouchers.js'
import { openLegSessions } from '../leg-sessions.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const CLAIM_KBPS = 25_000

describe('the opening of a leg', () => {
  let relay: Relay
  let answering: Socket
  let silent: Socket
  const key = toHex(randomBytes(32))
  const signer = answerSigner(NETWORK, key)

  before(async () => {
    relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: CLAIM_KBPS, access: everybodyReserved, answerSigner: signer },
      ...{ voucherSigner: voucherSigner(NETWORK, key), clock: systemClock, random: systemRandom },
    })
    ;[answering, silent] = [createSocket('udp4').bind(0, HOST), createSocket('udp4').bind(0, HOST)]
    answering.on('message', (datagram, { address, port }) => {
      if (isChallenge(datagram)) answering.send(echoOf(datagram), port, address)
    })
    await Promise.all([once(answering, 'listening'), once(silent, 'listening')])
  })
  after(async () => {
    answering.close()
    silent.close()
    await relay.close()
  })

  const at = (socket: Socket) => ({ host: HOST, port: socket.address().port })
  /** @returns whether the provider reached the client's port, and why there is no leg */
  async function tried(exit: { host: string; port: number }, own: { host: string; port: number }) {
    let isReached: boolean | undefined
    const error = await openLegSessions({
      ...{ exit, own, claimKbps: CLAIM_KBPS, random: systemRandom },
      provider: new AnswerVerifiers(NETWORK).of(signer.account as Hex),
      dial: async () => connect(streamPair(HOST), stream => relay.serve(stream, toHex(randomBytes(8)))),
      onTriedOwn: reached => {
        isReached = reached
      },
    }).catch((cause: Error) => cause)
    return [isReached, (error as Error).message]
  }

  it('names the reason of a refusal, which may be that of the client', async () => {
    expect(await tried(at(answering), { host: 'home.example.org', port: 4500 })).to.deep.equal([
      false,
      'the provider refused (malformed)',
    ])
  })

  it("tells the client's own port from the exit's", async () => {
    const unreached = (socket: Socket) => `the provider could not reach ${HOST}:${at(socket).port}`
    expect(await tried(at(silent), at(answering))).to.deep.equal([true, unreached(silent)])
    expect(await tried(at(silent), at(silent))).to.deep.equal([false, unreached(silent)])
  })
})
