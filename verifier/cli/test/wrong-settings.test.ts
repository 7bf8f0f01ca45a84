/** Settings that cannot be used end in one sentence, before anything is paid for. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { EXIT_CODE, UserError } from '../../config/errors.js'
import { main } from '../main.js'
import { type NodeFlags, runSettings } from '../node-settings.js'

/** What a command says on standard error. */
async function said(...args: string[]): Promise<{ code: number; text: string }> {
  const { write } = process.stderr
  let text = ''
  process.stderr.write = chunk => {
    text += chunk
    return true
  }
  try {
    return { code: await main(args), text }
  } finally {
    process.stderr.write = write
  }
}

describe('settings that cannot be used', () => {
  it('a file of settings that is not there, is none, or is a directory', async () => {
    for (const file of ['/nope', '/dev/null', '/']) {
      const { code, text } = await said('reputation', '--config', file)
      expect(text, file).to.match(/^bandwitness: .*--config \S+.*\n$/)
      expect(code).to.equal(EXIT_CODE.configuration)
    }
  })

  it('a directory for a file', async () => {
    for (const [args, what] of [
      [['verify-transcript', '/'], 'Cannot read /'],
      [['network', 'show', '/', '--rpc', 'http://127.0.0.1:1'], 'Cannot use network file /'],
    ] as const) {
      const { code, text } = await said(...args)
      expect(text).to.match(new RegExp(`^bandwitness: ${what}: it is a directory\\. .+\\.\n$`))
      expect(code).to.be.oneOf([EXIT_CODE.usage, EXIT_CODE.configuration])
    }
  })

  it('an option that needs another one', async () => {
    const { code, text } = await said('explain', `0x${'ab'.repeat(20)}`, '--rpc', 'http://127.0.0.1:1')
    expect(text).to.equal('bandwitness: --rpc needs --network. Run `bandwitness --help`.\n')
    expect(code).to.equal(EXIT_CODE.usage)
  })

  it('a value that is wrong on any chain, before the keys are read and the chain is asked', async () => {
    const nowhere = ['--data-dir', '/nowhere', '--network', '/nowhere', '--rpc', 'http://127.0.0.1:1']
    for (const [args, what] of [
      [['verifier', 'top-up', '--amount', 'much'], '--amount much'],
      [['provider', 'top-up', '--amount', '-1'], '--amount -1'],
      [['verifier', 'capacity', 'fast'], '--rate fast'],
      [['provider', 'claim', 'fast'], '--rate fast'],
      [['rewards', 'claim', '--for', 'me'], '--for me'],
      [['rewards', 'claim', '--api', 'mine'], '--api mine'],
    ] as const) {
      const { code, text } = await said(...args, ...nowhere)
      expect(text).to.match(new RegExp(`^bandwitness: ${what} is .+\\.\n$`))
      expect(code).to.equal(EXIT_CODE.usage)
    }
    for (const [option, ...command] of [
      ['--pid', 'testnet', 'down'],
      ['--udp-port', 'config', 'show', 'verifier'],
      ['--score-under', 'provider', 'alerts', '0xab', '--state', '/nowhere'],
      ['--unmeasured-for', 'provider', 'alerts', '0xab', '--state', '/nowhere'],
    ] as const) {
      const { code, text } = await said(...command, option, 'many')
      expect(text).to.match(new RegExp(`^bandwitness: ${option} must be .+\\.\n$`))
      expect(code).to.equal(EXIT_CODE.usage)
    }
  })

  it('an empty value, as of a variable that is not set: a number would be 0, a text a setting not given', async () => {
    for (const [args, what] of [
      [['--strangers='], '--strangers has no value'],
      [['--api-port', ''], '--api-port has no value'],
      [['--seed='], '--seed has no value'],
      [['status', ''], 'An argument is empty'],
    ] as const) {
      const { code, text } = await said('testnet', ...args)
      expect(text).to.equal(`bandwitness: ${what}. Give one, or leave it out.\n`)
      expect(code).to.equal(EXIT_CODE.usage)
    }
  })

  it('a taken API port, before the node reads its keys or asks the chain', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const api = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    const nowhere = { 'data-dir': '/nowhere', network: '/nowhere', rpc: 'http://127.0.0.1:1' }
    const addresses = { listen: ['/ip4/127.0.0.1/tcp/0'], 'udp-host': '127.0.0.1', 'udp-port': 0 }
    const flags = { ...nowhere, ...addresses, api, 'log-level': 'info' } as unknown as NodeFlags
    try {
      const error = await runSettings(flags).catch(cause => cause)
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(`The API cannot listen on ${api} (EADDRINUSE). Choose another address with --api.`)
      expect(error.code).to.equal('port-in-use')
    } finally {
      taken.close()
    }
  })
})
