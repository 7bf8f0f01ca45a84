/** The machine behind the figures, as the JSON files name it. */
import { cpus, release } from 'node:os'

export const processorsText = (): string => `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`

export const machineText = (): string =>
  `${processorsText()}, ${process.platform} ${release()}, Node ${process.version}`
