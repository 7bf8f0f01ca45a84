import { EventEmitter } from 'node:events'

/** A terminal as far as these tests need one, which keeps what is written. */
export class Terminal extends EventEmitter {
  readonly isTTY = true
  columns = 80
  readonly rows = 24
  readonly written: string[] = []

  write(text: string): void {
    this.written.push(text)
    this.emit('written', text)
  }

  /** The next text that holds `part`. */
  holds(part: string): Promise<string> {
    return new Promise(resolve => {
      const look = (text: string) => {
        if (!text.includes(part)) return
        this.off('written', look)
        resolve(text)
      }
      this.on('written', look)
    })
  }
}
