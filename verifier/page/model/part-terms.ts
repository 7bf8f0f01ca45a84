/** The glossary's words for the labels of an explanation, where it has one. */
export const PART_TERMS: Readonly<Record<string, string>> = {
  Rate: 'certified rate',
  Soaks: 'soak limit',
  Throughput: 'throughput T',
  Uptime: 'uptime U',
  Breach: 'breach',
  Penalty: 'penalty',
  Window: 'window',
}
