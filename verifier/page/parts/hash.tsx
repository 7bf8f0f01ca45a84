/** An address or a hash: short where space is short, and whole in the clipboard. */
import { useState } from 'preact/hooks'
import { shortHex } from '../../evidence/text/figures.js'

const SAID_MS = 1500
/** A browser lends its clipboard only to pages of this machine, and to those that came over TLS. */
const canCopy = navigator.clipboard !== undefined

export function Copied({ text, name, isShort = false }: { text: string; name: string; isShort?: boolean }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SAID_MS)
  }
  return (
    <span class="hash">
      <code title={text}>{isShort ? shortHex(text) : text}</code>{' '}
      {canCopy && (
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy the ${name}`}>
          {isCopied ? 'copied' : 'copy'}
        </button>
      )}
    </span>
  )
}
