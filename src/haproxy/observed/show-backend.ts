/** Names in `show backend`: a comment, `# name`, then one name a line. */
export function parseShowBackend(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
