/** What a client says of itself before its first tunnel is open. */
import { expect } from 'chai'
import { clientStatusSchema, statusOf } from '../status.js'
import { statusText } from '../status-command.js'

const text = (current: Parameters<typeof statusOf>[0]) =>
  statusText(clientStatusSchema.parse(statusOf(current, { channels: [] })))

describe('the status of a client', () => {
  it('is there before the first exit is chosen', () => {
    expect(text(undefined)).to.match(/No leg is open[\s\S]*exit +none so far/)
  })

  it('says that a tunnel opens', () => {
    const legs = { open: [], switches: [], provenBytes: 0, paidBytes: 0 }
    const current = { exit: { account: '0xab', address: 'exit.example:4600' }, legs, paid: undefined }
    expect(text(current as never)).to.match(/exit +0xab at exit\.example:4600, opening/)
  })
})
