/** Whose keys a transcript is made with: it is held against what the chain says of its epoch. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { Transcript } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { assign } from '../../core/assignment/assign.js'
import { account, providerNamed } from '../../core/test/samples.js'
import { checkAssigned, checkRegistered } from '../registry-checks.js'
import { parseTranscript } from '../transcript-checks.js'
import { freshMembers, type Members, registryOf, transcriptOfSession } from './session-transcript.js'

describe('a transcript beside the registry', () => {
  let members: Members
  let transcript: Transcript
  before(async () => {
    members = await freshMembers()
    transcript = await transcriptOfSession(members)
  })

  /** What does not hold. */
  const faults = async (change: Partial<Transcript>, params = DEVNET): Promise<string[]> => {
    const parsed = parseTranscript(Transcript.encode({ ...transcript, ...change }), 'it')
    const checks = await checkRegistered(parsed, registryOf(members), params)
    return checks.filter(({ holds }) => !holds).map(({ what }) => what)
  }

  it('holds with the keys, the parties and the claim that the chain names', async () => {
    expect(await faults({})).to.deep.equal([])
  })

  it('does not hold with any other', async () => {
    const { session, senderPeers, receiverPeer } = transcript
    const [first, ...others] = senderPeers
    const fault = async (change: Partial<Transcript>) => (await faults(change)).join()
    expect(await fault({ chainId: '1' })).to.include('of this network')
    expect(await fault({ session: { ...session, epoch: 2 } })).to.include('an epoch that it has had')
    expect(await fault({ session: { ...session, epoch: 0 } })).to.include('an epoch that it has had')
    expect(await fault({ beacon: fromHex(keccakText('another')) })).to.include('beacon')
    expect(await fault({ session: { ...session, claimKbps: session.claimKbps + 1 } })).to.include('claim')
    // A receiver is never among its own senders. Another order could be that of the second try.
    const withReceiver = { ...session, senders: [session.receiver, ...session.senders.slice(1)] }
    expect(await fault({ session: withReceiver, senderPeers: [receiverPeer, ...others] })).to.include('assigned')
    expect(await fault({ session: { ...session, senders: [7, ...session.senders.slice(1)] } })).to.include('frozen set')
    expect(await fault({ session: { ...session, provider: transcript.receiverAccount } })).to.include('active')
    expect(await fault({ receiverPeer: first! })).to.include('receiver’s account and peer')
    expect(await fault({ receiverAccount: session.provider })).to.include('receiver’s account and peer')
    expect(await fault({ senderPeers: [receiverPeer, ...others] })).to.include('senders’ peers')
    expect(await faults({}, { ...DEVNET, breachBps: 9000 })).to.have.length(1)
  })

  it('holds for a receiver that the provider has from a neighbour on its link, and for no other', async () => {
    const { facts, provider } = members
    const own = facts.providers[0]!
    const neighbour = { ...own, index: 0, account: account('neighbour') }
    const alone = { ...DEVNET, receivers: 1 }
    const isAssigned = async (windowBeacon: Hex, providers: typeof facts.providers) => {
      const registry = registryOf({ ...members, facts: { ...facts, windowBeacon, providers } })
      const checks = await checkRegistered(parseTranscript(Transcript.encode(transcript), 'it'), registry, alone)
      return checks.find(({ what }) => what.includes('was assigned'))!.holds
    }
    const drawn = (windowBeacon: Hex, of: Hex) =>
      assign({ ...facts, windowBeacon, providers: [{ ...own, account: of }] }, alone).receiversOf(of)[0]
    const { receiver } = transcript.session
    const beacons = Array.from({ length: 200 }, (_, i) => keccakText(`window ${i}`))
    const isOthers = (beacon: Hex) => drawn(beacon, provider.account) !== receiver
    const shared = beacons.find(beacon => isOthers(beacon) && drawn(beacon, neighbour.account) === receiver)!
    expect(await isAssigned(shared, [neighbour, { ...own, index: 1 }])).to.equal(true)
    expect(await isAssigned(shared, [own])).to.equal(false)
    const nobodys = beacons.find(beacon => isOthers(beacon) && drawn(beacon, neighbour.account) !== receiver)!
    expect(await isAssigned(nobodys, [neighbour, { ...own, index: 1 }])).to.equal(false)
  })

  it('attack: a session that nobody was assigned: the search beside each of many providers leaves time for all else', async () => {
    const { facts } = members
    const neighbours = Array.from({ length: 100 }, (_, i) => providerNamed(i + 1))
    const { session } = transcript
    const senders = [session.receiver, ...session.senders.slice(1)]
    const parsed = parseTranscript(Transcript.encode({ ...transcript, session: { ...session, senders } }), 'it')
    let turns = 0
    let isOver = false
    const turn = () => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    turn()
    const checks = await checkAssigned(parsed, { ...facts, providers: [...facts.providers, ...neighbours] }, DEVNET)
    isOver = true
    expect(checks.map(({ holds }) => holds)).to.deep.equal([false, false])
    expect(turns).to.be.at.least(neighbours.length)
  })

  it('may leave a peer out that had announced none, since nothing can then be signed by it', async () => {
    expect(await faults({ senderPeers: transcript.senderPeers.map(() => '') })).to.deep.equal([])
    expect(await faults({ receiverPeer: '' })).to.have.length(1)
  })
})
