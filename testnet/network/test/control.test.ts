import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../../verifier/config/errors.js'
import { askControl, Control } from '../control.js'

describe('control of a running testnet', () => {
  let folder: string
  let path: string
  let control: Control
  let calls: string[]
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bandwitness-control-'))
    path = join(folder, 'control')
    calls = []
    const call = (what: string) => (name: string) => {
      if (name === 'nobody') throw new UserError('usage', 'No node is called nobody.')
      calls.push(`${what} ${name}`)
    }
    const stopped = new Set<string>()
    const nodes = {
      stopped,
      stop: async (name: string) => {
        call('stop')(name)
        stopped.add(name)
      },
      start: (name: string) => {
        call('start')(name)
        stopped.delete(name)
      },
      pause: call('pause'),
      ...{ resume: call('resume'), kill: call('kill'), cutOff: call('cut off') },
      delay: (name: string, ms: number) => call(`delay by ${ms}`)(name),
      slow: async (name: string, rateKbps: number) => call(`slow to ${rateKbps}`)(name),
      mend: async (name: string) => call('mend')(name),
    }
    control = await Control.open(path, nodes, {
      add: async (role, profile) => {
        call(`add ${role}`)(profile)
        return `${role}-9`
      },
      warp: async seconds => {
        call('warp')(`${seconds}`)
        return 7
      },
      snapshot: async () => 3,
      revert: async snapshot => {
        call('revert to')(`${snapshot ?? 'the newest'}`)
        return snapshot ?? 3
      },
    })
  })
  afterEach(async () => {
    await control.close()
    await rm(folder, { recursive: true })
  })

  const refusal = (asking: Promise<string>) =>
    asking.then(
      () => expect.fail('it was done'),
      (error: Error) => error.message,
    )

  it('does what it is asked', async () => {
    for (const action of ['pause', 'resume', 'kill', 'stop', 'start', 'kill'] as const)
      await askControl(path, { action, name: 'n' })
    expect(calls).to.deep.equal(['pause n', 'resume n', 'kill n', 'stop n', 'start n', 'kill n'])
  })

  it('cuts off, delays, slows and mends a node that runs', async () => {
    await askControl(path, { action: 'cut-off', name: 'n' })
    await askControl(path, { action: 'delay', name: 'n', ms: 250 })
    await askControl(path, { action: 'slow', name: 'n', rateKbps: 10_000 })
    await askControl(path, { action: 'mend', name: 'n' })
    expect(calls).to.deep.equal(['cut off n', 'delay by 250 n', 'slow to 10000 n', 'mend n'])
    await askControl(path, { action: 'stop', name: 'n' })
    for (const request of [{ action: 'mend' } as const, { action: 'slow', rateKbps: 1 } as const])
      expect(await refusal(askControl(path, { ...request, name: 'n' }))).to.equal('n is stopped. Start it first.')
  })

  it('tells the name of a node that it adds', async () => {
    expect(await askControl(path, { action: 'add', role: 'provider', profile: 'slow@0.6' })).to.equal('provider-9')
    expect(calls).to.deep.equal(['add provider slow@0.6'])
  })

  it('tells the epoch to which time was set forward', async () => {
    expect(await askControl(path, { action: 'warp', seconds: 60 })).to.equal('7')
    expect(calls).to.deep.equal(['warp 60'])
  })

  it('takes snapshots, and goes back to the newest or to another one', async () => {
    expect(await askControl(path, { action: 'snapshot' })).to.equal('3')
    expect(await askControl(path, { action: 'revert', snapshot: null })).to.equal('3')
    expect(await askControl(path, { action: 'revert', snapshot: 2 })).to.equal('2')
    expect(calls).to.deep.equal(['revert to the newest', 'revert to 2'])
  })

  it('says why it does not', async () => {
    expect(await refusal(askControl(path, { action: 'stop', name: 'nobody' }))).to.equal('No node is called nobody.')
    expect(await refusal(askControl(path, { action: 'stop', name: 'nobody' }))).to.equal('No node is called nobody.')
    await askControl(path, { action: 'stop', name: 'n' })
    expect(await refusal(askControl(path, { action: 'pause', name: 'n' }))).to.equal('n is stopped. Start it first.')
    expect(calls).to.deep.equal(['stop n'])
  })

  it('survives what is no request, is too long or goes away', async () => {
    for (const text of [
      '{"action":"stop"}\n',
      'null\n',
      '{"action":"rm","name":"n"}\n',
      '{"action":"delay","name":"n","ms":-1}\n',
      '{"action":"revert","snapshot":0}\n',
      'x'.repeat(100_000),
    ]) {
      const socket = createConnection(path)
      socket.on('error', () => {})
      socket.write(text)
      socket.resume()
      await new Promise(resolve => socket.once('close', resolve))
    }
    const gone = createConnection(path)
    await once(gone, 'connect')
    gone.destroy()
    await askControl(path, { action: 'kill', name: 'n' })
    expect(calls).to.deep.equal(['kill n'])
  })

  it('one that has ended is told in a sentence', async () => {
    expect(await refusal(askControl(join(folder, 'none'), { action: 'stop', name: 'n' }))).to.match(
      /^The test network cannot be asked: /,
    )
  })
})
