/** `verifier doctor` and `provider doctor` on machines with faults: a real chain, real ports, a real full disk, a stepped clock. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { startProviderNode } from '../../market/provider/provider-node.js'
import { startProvider } from '../../market/provider/start.js'
import { limited, Receiver, systemClock, systemRandom } from '../../probe/index.js'
import { PlainUdp } from '../../probe/test/plain-udp.js'
import { AnswerVerifiers } from '../../verifier/chain/answers.js'
import { setCapacityCall } from '../../verifier/chain/stake.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { examine } from '../../verifier/cli/doctor/doctor.js'
import { lineFinding } from '../../verifier/cli/doctor/line.js'
import { portFindings } from '../../verifier/cli/doctor/ports.js'
import { readRegistration } from '../../verifier/cli/doctor/registration.js'
import { findingText } from '../../verifier/cli/finding.js'
import { type NodeSettings, nodeSettings } from '../../verifier/cli/node-settings.js'
import { namedAccount } from '../../verifier/cli/provider-argument.js'
import { saveKeys } from '../../verifier/config/key-file.js'
import { doctorSchema } from '../../verifier/evidence/schema/doctor.js'
import type { Finding } from '../../verifier/evidence/schema/finding.js'
import { createPeer, listenAddresses } from '../../verifier/net/libp2p.js'
import { serveReach } from '../../verifier/net/reach.js'
import { Directory } from '../../verifier/node/directory.js'
import { OwnUdp } from '../../verifier/node/own-address.js'
import { ReachTester } from '../../verifier/node/reach-tester.js'
import { Store } from '../../verifier/store/store.js'
import { Conditions } from '../conditions/conditions.js'
import { SmallDisk } from '../faults/small-disk.js'
import { serveTime } from '../guides/time-server.js'
import { ChildProcess } from '../process/child-process.js'
import { entryPoint } from '../process/entry-point.js'
import { startWatchdog, type Watchdog } from '../process/watchdog.js'
import { output, TIMEOUT_MS } from './support/command-line.js'

const HOST = '127.0.0.1'
const silent = pino({ level: 'silent' })
const NOT_FIT = 10
/** of the devnet's claim */
const HALF_KBPS = 12_500
const MOST_LOOKS = 5

describe('doctor by the command line', function () {
  this.timeout(2 * TIMEOUT_MS)
  const net = useLiveNetwork()
  const closing: (() => unknown)[] = []
  let directory: string
  let watchdog: Watchdog
  before(async () => {
    watchdog = await startWatchdog()
  })
  after(() => watchdog.close())
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-doctor-'))
    // A snapshot takes the chain's time back.
    const nowSeconds = Math.floor(Date.now() / 1000)
    if ((await net.live.now()) < nowSeconds) await net.live.mineAt(nowSeconds)
    await net.live.rpc('evm_setIntervalMining', [1])
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
    await net.live.rpc('evm_setIntervalMining', [0])
    rmSync(directory, { recursive: true })
  })

  function settingsOf(dataDir: string, more: object): Promise<NodeSettings> {
    const flags = { 'data-dir': dataDir, network: net.live.networkFile, rpc: net.live.anvil.rpcUrl, api: `${HOST}:0` }
    const defaults = { listen: [`/ip4/${HOST}/tcp/0`], 'udp-host': HOST, 'udp-port': 0, 'log-level': 'fatal' }
    return nodeSettings({ ...defaults, ...flags, ...more } as never)
  }

  /** In this process, which is far faster than one of its own. */
  async function examined(role: 'verifier' | 'provider', dataDir: string, more: object): Promise<Finding[]> {
    const settings = await settingsOf(dataDir, more)
    const { server, close } = await serveTime()
    closing.push(close)
    const relay = { limitKbps: undefined, linkKbps: undefined, offload: false }
    const options = { rateKbps: undefined, through: undefined, relay }
    const findings: Finding[] = []
    for await (const one of examine({ role, settings, servers: [server], ...options })) findings.push(one)
    return findings
  }

  it('finds a clock that is 3 s ahead and a full disk, and says so with exit code 10', async () => {
    const dataDir = join(directory, 'v0')
    const disk = await SmallDisk.open(dataDir, watchdog).catch(() => undefined)
    if (disk !== undefined) closing.push(() => disk.close())
    const place = disk?.outside ?? dataDir
    await saveKeys(join(place, 'keys.json'), net.live.keys.v0!)
    disk?.fill()
    const before = readdirSync(place)
    const conditions = new Conditions()
    conditions.stepClock('doctor', 3000)
    const { networkFile, anvil } = net.live
    const options = [
      '--data-dir',
      place,
      '--network',
      networkFile,
      '--rpc',
      anvil.rpcUrl,
      '--api',
      `${HOST}:0`,
      '--json',
    ]
    const command = [
      ...entryPoint(import.meta.url, '../../verifier/cli/bandwitness.js'),
      'verifier',
      'doctor',
      ...options,
    ]
    const { argv, env } = conditions.apply({ name: 'doctor', argv: command, logPath: '', readyTimeoutMs: 0 })
    const child = ChildProcess.start({ name: 'doctor', argv, env: env!, watchdog })
    const { findings, grade } = doctorSchema.parse(JSON.parse(await child.line(TIMEOUT_MS)))
    const { code } = await child.endWithin(TIMEOUT_MS)
    expect([code, grade], child.said.join()).to.deep.equal([NOT_FIT, 'bad'])
    expect(child.said.at(-1)).to.match(/^bandwitness: Not fit to run: .*clock.*\. Do what the lines/)
    const bad = findings.filter(one => one.grade === 'bad').map(({ subject }) => subject)
    expect(bad).to.include.members([...(disk === undefined ? [] : ['disk']), 'store', 'clock'])
    expect(bad).to.not.include.members(['rpc', 'registration', 'socket buffer'])
    expect(readdirSync(place)).to.deep.equal(before)
  })

  it('finds a closed UDP port, with the help of a verifier, and leaves no port open', async function () {
    this.retries(2)
    await saveKeys(join(directory, 'keys.json'), net.live.keys.p0!)
    const closed = await PlainUdp.open(() => {})
    closing.push(() => closed.close())
    await verifierThatTests('v0')
    const findings = await examined('provider', directory, { 'udp-announce': `${HOST}:${closed.port}` })
    const bad = findings.filter(({ subject, grade }) => grade === 'bad' && subject !== 'machine speed')
    expect(bad.map(({ found }) => found)).to.deep.equal([`UDP in: nothing came in at ${HOST} port ${closed.port}`])
    expect(bad[0]!.advice).to.include('--udp-announce')
    expect(readdirSync(directory)).to.deep.equal(['keys.json'])
  })

  it('finds nothing wrong with a verifier that is well, whose ports a verifier reaches; ports that are taken are told', async function () {
    this.retries(2)
    await saveKeys(join(directory, 'keys.json'), net.live.keys.v2!)
    await (await Store.open(directory, { mode: 'create' })).close()
    await verifierThatTests('v0')
    const findings = await examined('verifier', directory, {})
    // What the machine carries beside other tests is no matter of this one.
    const faults = findings.filter(
      ({ subject, grade }) => grade !== 'good' && !['machine speed', 'bls'].includes(subject),
    )
    expect(faults).to.deep.equal([])
    expect(findings.filter(({ subject }) => subject === 'udp port')).to.have.length(3)

    const taken = await PlainUdp.open(() => {})
    closing.push(() => taken.close())
    const settings = await settingsOf(directory, { 'udp-port': taken.port })
    const [fault] = await portFindings('verifier', settings, net.chain, 10_000)
    expect(fault).to.include({ subject: 'udp port' })
    expect(fault!.found).to.include('is in use')
  })

  it('tells what the running node says of itself, by the settings of `run`; `check` takes them, too', async () => {
    await saveKeys(join(directory, 'keys.json'), net.live.keys.p0!)
    const node = await startProvider(await settingsOf(directory, {}))
    closing.push(() => node.stop())
    const config = join(directory, 'provider.yaml')
    const { networkFile: network, anvil } = net.live
    const api = new URL(node.apiUrl).host
    const settings = { 'data-dir': directory, network, rpc: anvil.rpcUrl, api, link: '100mbps', limit: '80mbps' }
    writeFileSync(config, JSON.stringify({ ...settings, offload: false }))
    const { stdout, stderr } = await output('provider', 'doctor', '--config', config, '--json')
    const { findings } = doctorSchema.parse(JSON.parse(stdout))
    const found = (subject: string) => findings.find(one => one.subject === subject)?.found
    expect(found('ports'), stderr).to.include(`your node runs (process ${process.pid})`)
    expect(found('link')).to.include('100.0 Mbit/s')
    expect(found('limit')).to.include('80.00 Mbit/s')
    expect(findings.map(({ subject }) => subject)).to.not.include('api port')

    // It has UDP and TCP ports of its own, and needs no API.
    await verifierThatTests('v0')
    const check = await output('provider', 'check', '--config', config)
    expect(check, check.stderr).to.include({ code: 0 })
    expect(check.stdout).to.include('PASS  UDP in')
  })

  it('finds a line that carries half the registered capacity, by a session through a provider', async () => {
    const account = net.live.setup.providers[1]!.account
    await saveKeys(join(directory, 'keys.json'), net.live.keys.p1!)
    const halved = await startProviderNode({ ...(await settingsOf(directory, {})), forwarding: limited(HALF_KBPS) })
    closing.push(() => halved.stop())
    await net.chain.sender!.send(setCapacityCall(net.chain.context, 2 * HALF_KBPS))
    const { rateKbps } = await readRegistration('verifier', net.chain)
    expect(rateKbps).to.equal(2 * HALF_KBPS)
    const settings = await settingsOf(directory, {})
    const need = { rateKbps: rateKbps!, what: 'the registered capacity', less: 'capacity RATE' }
    const shown = namedAccount(`${account.slice(0, 6)}…${account.slice(-4)}`) // as the live view shows it
    const look = () => lineFinding({ chain: net.chain, settings, through: shown, need })
    const carriedKbps = ({ found }: Finding) => 1000 * Number(/^carried ([\d.]+) Mbit/.exec(found)?.[1] ?? 0)
    let finding = await look()
    // A pause of this machine makes a reading lower, and never higher.
    for (let looks = 1; looks < MOST_LOOKS && carriedKbps(finding) < 0.95 * HALF_KBPS; looks++) finding = await look()
    expect(finding, finding.found).to.include({ subject: 'line', grade: 'bad' })
    expect(carriedKbps(finding)).to.be.closeTo(HALF_KBPS, HALF_KBPS / 5)
    for (const [nobody, says] of [
      ['provider-99', 'has no node that is called provider-99'],
      ['0xffffff', 'No account of a provider that has announced an address is 0xffffff'],
      [`0x${'f'.repeat(40)}`, 'is no provider that has announced an address'],
    ] as const) {
      const none = await lineFinding({ chain: net.chain, settings, through: namedAccount(nobody), need })
      expect(none).to.include({ subject: 'line', grade: 'bad' })
      expect(findingText(none)).to.include('--through').and.include(says)
    }
  })

  /** Serves the reach protocol as a verifier does, which has announced itself on the chain. */
  async function verifierThatTests(name: string): Promise<void> {
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    closing.push(() => receiver.close())
    const stopping = new AbortController()
    closing.push(() => stopping.abort())
    const peer = await createPeer({ seed: net.live.keys[name]!.peer, listen: [`/ip4/${HOST}/tcp/0`], log: silent })
    closing.push(() => peer.stop())
    const tester = new ReachTester({
      ...{ receiver, directory: new Directory(net.chain, silent), udp: new OwnUdp(HOST, undefined) },
      ...{ answers: new AnswerVerifiers(net.chain.network), clock: systemClock, random: systemRandom },
      ...{ log: silent, stopping: stopping.signal },
    })
    await serveReach(peer, (request, asker) => tester.answer(request, asker), silent)
    const announced = await net.chain.announce('verifier', peer.peerId.toString(), listenAddresses(peer))
    expect(announced.kind).to.equal('done')
  }
})
