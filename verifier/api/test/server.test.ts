import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { serveApi } from '../server.js'

describe('the server of an API', () => {
  it('says which address it cannot have, and no stack: another machine’s, a name that stands for none', async () => {
    for (const host of ['192.0.2.1', 'no-such-host.invalid']) {
      const error = await serveApi({ host, port: 0 }, () => {}).then(
        () => expect.fail(`it listens on ${host}`),
        thrown => thrown,
      )
      expect(error).to.be.instanceOf(UserError).with.property('code', 'port-in-use')
      expect(error.message).to.include(`${host}:0`).and.to.include('--api')
    }
  })
})
