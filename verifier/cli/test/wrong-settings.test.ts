/** Settings that cannot be used end in one sentence, before anything is paid for. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { EXIT_CODE, UserError } from '../../config/errors.js'
import { main } from '../main.js'
import { type NodeFlags, nodeSettings } from '../node-settings.js'

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

  it('an option that needs another one', async () => {
    const { code, text } = await said('explain', `0x${'ab'.repeat(20)}`, '--rpc', 'http://127.0.0.1:1')
    expect(text).to.equal('bandwitness: --rpc needs --network. Run `bandwitness --help`.\n')
    expect(code).to.equal(EXIT_CODE.usage)
  })

  it('a taken API port, before the node reads its keys or asks the chain', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const api = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    const nowhere = { 'data-dir': '/nowhere', network: '/nowhere', rpc: 'http://127.0.0.1:1' }
    const addresses = { listen: ['/ip4/127.0.0.1/tcp/0'], 'udp-host': '127.0.0.1', 'udp-port': 0 }
    const flags = { ...nowhere, ...addresses, api, 'log-level': 'info' } as unknown as NodeFlags
    try {
      const error = await nodeSettings(flags).catch(cause => cause)
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(`The API cannot listen on ${api} (EADDRINUSE). Choose another address with --api.`)
      expect(error.code).to.equal('port-in-use')
    } finally {
      taken.close()
    }
  })
})
