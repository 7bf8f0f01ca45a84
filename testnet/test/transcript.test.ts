/** The two commands on a real session's transcript: saved from a verifier's API, and checked with nothing but the file. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { Transcript } from '../../proto/messages.js'
import { type ApiServer, serveApi } from '../../verifier/api/server.js'
import { verifierRoutes } from '../../verifier/api/verifier-routes.js'
import { LiveNetwork } from '../../verifier/chain/test/live-network.js'
import { UserError } from '../../verifier/config/errors.js'
import { withLinks } from '../../verifier/core/facts.js'
import { savedTranscriptSchema, verifiedTranscriptSchema } from '../../verifier/evidence/schema/transcript.js'
import {
  CLAIM_KBPS,
  freshMembers,
  type Member,
  type Members,
  memberOf,
  transcriptOfSession,
} from '../../verifier/evidence/test/session-transcript.js'
import { checkTranscript, parseTranscript } from '../../verifier/evidence/transcript-checks.js'
import type { VerifierNode } from '../../verifier/node/verifier-node.js'
import { Store } from '../../verifier/store/store.js'
import { output, TIMEOUT_MS } from './support/command-line.js'

/** What nobody but the receiver saw, what the chain names, and what the vote says of more than this session. */
const UNCOVERED = new RegExp(
  `^\\.(${[
    'session\\.(estimate|direct)\\.(rateKbps|windows|fromMs|toMs)',
    'session\\.(durationMs|sinceMs|meanKbps|atOnce|heard|starvedMs|overruns|receiverHost|providerHosts\\.\\d+)',
    'session\\.senderRecords\\.\\d+\\.(rateKbps|ready|jitterUs|riseMs|delayMs|hoarding|spanKbps|host|small)',
    'session\\.senderRecords\\.\\d+\\.controlFlow\\.(sent|spanMs|riseMs|fromMs)',
    'session\\.senderRecords\\.\\d+\\.(chunks|control|direct)\\.\\d+\\.maskedTimes\\.\\d+',
    'session\\.(claimKbps|breachBps|yieldMs)',
    'vote',
  ].join('|')})$`,
)

/** Paths of the fields in which two values differ. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  const isLeaf = typeof one !== 'object' || one === null || one instanceof Uint8Array
  if (isLeaf || typeof other !== 'object' || other === null) {
    const textOf = (value: unknown) => (value instanceof Uint8Array ? toHex(value) : String(value))
    return textOf(one) === textOf(other) ? [] : [path]
  }
  const [first, second] = [one, other] as Record<string, unknown>[]
  const names = new Set([...Object.keys(first!), ...Object.keys(second!)])
  return [...names].flatMap(name => differences(first![name], second![name], `${path}.${name}`))
}

/** Those of a real chain, announced there before its first epoch. */
async function membersOn(live: LiveNetwork): Promise<Members> {
  const { setup, keys } = live
  const network = { chainId: setup.network.chainId, contract: setup.network.contracts.epochReports }
  const joined = async (role: 'verifier' | 'provider', name: string) => {
    const { peer, evm } = keys[name]!
    const member = await memberOf(network, fromHex(peer), evm)
    const chain = await live.connectAs(name)
    await chain.announce(role, member.peerId, [])
    chain.close()
    return member
  }
  const provider = await joined('provider', setup.providers[0]!.name)
  const verifiers = new Map<number, Member>()
  for (const { index, name } of setup.verifiers) verifiers.set(index, await joined('verifier', name))
  await live.startEpochs()
  await live.mineAt((await live.epochStart(1)) + 1)
  return { network, facts: withLinks((await live.chain.factsAt(1))!, []), provider, verifiers }
}

describe('a transcript in a file', function () {
  this.timeout(TIMEOUT_MS)
  let directory: string
  let file: string
  let transcript: Transcript
  let sessionId: Hex
  let api: ApiServer
  let store: Store

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-transcript-'))
    transcript = await transcriptOfSession(await freshMembers())
    sessionId = toHex(transcript.session.sessionId)
    store = await Store.open(directory, { mode: 'create' })
    await store.putTranscript(1, transcript.session.sessionId, Transcript.encode(transcript))
    const peers = { transcript: (id: Hex) => store.getTranscript(id, 1) }
    const epochs = { peers, reports: {}, phase: 'measure', sentence: 'measuring' }
    const node = { store, epochs, epochNow: () => 1, chain: { health: {} } } as unknown as VerifierNode
    api = await serveApi({ host: '127.0.0.1', port: 0 }, app => verifierRoutes(app, node))
    file = join(directory, 'session.transcript')
    await writeFile(file, Transcript.encode(transcript))
  })

  after(async () => {
    await api.close()
    await store.close()
    await rm(directory, { recursive: true })
  })

  it('is saved from a verifier, once, and holds', async () => {
    const out = join(directory, 'saved')
    const saved = await output('transcript', sessionId, '--out', out, '--api', api.url, '--json')
    expect(saved.code, saved.stderr).to.equal(0)
    expect(savedTranscriptSchema.parse(JSON.parse(saved.stdout))).to.include({ sessionId, file: out })
    expect(await readFile(out)).to.deep.equal(Buffer.from(Transcript.encode(transcript)))
    const again = await output('transcript', sessionId, '--out', out, '--api', api.url)
    expect(again.code).to.equal(2)
    expect(again.stderr).to.match(/^bandwitness: .*exists already.*\n$/)

    const held = await output('verify-transcript', out, '--json')
    expect(held.code, held.stderr).to.equal(0)
    const checked = JSON.parse(held.stdout)
    expect(verifiedTranscriptSchema.parse(checked)).to.deep.equal(checked)
    expect(checked).to.include({ sessionId, outcome: 'under', claimKbps: CLAIM_KBPS })
    expect(checked.checks.every((check: { holds: boolean }) => check.holds)).to.equal(true)
    expect(checked.senders.map((sender: { verifier: number }) => sender.verifier)).to.deep.equal(
      transcript.session.senders,
    )
    const text = await output('verify-transcript', out)
    expect(text.stdout).to.include(sessionId).and.to.include('below the slashing threshold')
    expect(text.stdout).to.match(/Datagrams +All \d+ that arrived verify\./)
    expect(Math.max(...text.stdout.split('\n').map(line => line.length))).to.be.at.most(130)
  })

  it('that nobody has, and a session that is none, are one line', async () => {
    const unknown = await output('transcript', keccakText('other'), '--out', join(directory, 'x'), '--api', api.url)
    expect(unknown.code).to.equal(3)
    expect(unknown.stderr).to.match(/^bandwitness: .*evidence period.*\n$/)
    const nonsense = await output('transcript', '12', '--out', join(directory, 'x'))
    expect(nonsense.code).to.equal(2)
    expect(nonsense.stderr).to.match(/^bandwitness: .*session id.*\n$/)
  })

  it('that is missing, is none, or was changed, ends the check with the documented code and one line', async () => {
    const missing = await output('verify-transcript', join(directory, 'missing'))
    expect(missing.code).to.equal(2)
    expect(missing.stderr).to.match(/^bandwitness: .*no such file.*\n$/)
    const none = join(directory, 'none')
    await writeFile(none, 'not a transcript')
    const refused = await output('verify-transcript', none)
    expect(refused.code).to.equal(8)
    expect(refused.stderr).to.match(/^bandwitness: .*is no transcript.*\n$/)
    const better = join(directory, 'better')
    const { session } = transcript
    await writeFile(better, Transcript.encode({ ...transcript, session: { ...session, outcome: 'verified' } }))
    const failed = await output('verify-transcript', better, '--json')
    expect(failed.code).to.equal(8)
    expect(failed.stderr).to.match(/^bandwitness: .*Failed checks: the record gives the outcome verified.*\n$/)
    expect(JSON.parse(failed.stdout).checks.some((check: { holds: boolean }) => !check.holds)).to.equal(true)
    const help = await output('verify-transcript', '--help')
    expect(help.code).to.equal(0)
    expect(help.stdout).to.include('--json')
  })

  it('is held against the chain where one is named, and is said not to be where none is', async () => {
    const text = await output('verify-transcript', file)
    expect(text.stdout).to.include('--rpc')
    const live = await LiveNetwork.start()
    try {
      const members = await membersOn(live)
      const { network, verifiers } = members
      const onChain = await transcriptOfSession(members)
      const named = ['--rpc', live.anvil.rpcUrl, '--network', live.networkFile]
      const [own, swapped] = [join(directory, 'own'), join(directory, 'swapped')]
      await writeFile(own, Transcript.encode(onChain))
      const held = await output('verify-transcript', own, ...named)
      expect(held.code, held.stderr).to.equal(0)
      expect(held.stdout).to.include('registered').and.not.to.include('--rpc')

      // All of it signed, by an account that is not the receiver's.
      const { receiver } = onChain.session
      const stranger = await memberOf(network, randomBytes(32), toHex(randomBytes(32)))
      const { peerId, signer, verifier } = verifiers.get(receiver)!
      const withStranger = new Map([...verifiers, [receiver, { ...stranger, peerId, signer, verifier }]])
      await writeFile(swapped, Transcript.encode(await transcriptOfSession({ ...members, verifiers: withStranger })))
      expect((await output('verify-transcript', swapped)).code).to.equal(0)
      const failed = await output('verify-transcript', swapped, ...named, '--json')
      expect(failed.code).to.equal(8)
      expect(failed.stderr).to.match(
        /^bandwitness: .*Failed checks: the receiver’s account and peer are the registered ones\.\n$/,
      )
      expect(JSON.parse(failed.stdout)).to.include({ askedChain: true })

      const elsewhere = await output('verify-transcript', file, ...named)
      expect(elsewhere.code).to.equal(8)
      expect(elsewhere.stderr).to.include('it is of this network')
      const half = await output('verify-transcript', file, '--rpc', live.anvil.rpcUrl)
      expect(half.code).to.equal(2)
    } finally {
      await live.stop()
    }
  })

  it('with any bit flipped is refused, or differs only in what the command names as not covered', async () => {
    const whole = Transcript.encode(transcript)
    const { outcome, rateKbps } = await checkTranscript(parseTranscript(whole, file))
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async bit => {
        const flipped = Uint8Array.from(whole)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        try {
          const checked = await checkTranscript(parseTranscript(flipped, file))
          const holds = checked.checks.every(check => check.holds)
          if (!holds) return
          expect(checked).to.include({ outcome, rateKbps, sessionId })
          const changed = differences(transcript, Transcript.decode(flipped))
          expect(changed.filter(path => !UNCOVERED.test(path))).to.deep.equal([])
        } catch (error) {
          if (!(error instanceof UserError)) throw error
          expect(error.code).to.equal('evidence')
        }
      }),
      { numRuns: 60 },
    )
  })
})
