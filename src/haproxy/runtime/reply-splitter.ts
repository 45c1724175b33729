const prompt = '\n> ';

/**
 * Cuts HAProxy's output in prompt mode into replies. Every reply is followed by the prompt, a newline and `> `:
 * `New server registered.\n` + `\n> `; a reply may be empty. Chunks may end anywhere, inside the prompt as well.
 */
export class ReplySplitter {
  #rest = '';
  /** Characters of `#rest` known to hold no prompt. */
  #searched = 0;

  /** The replies that `chunk` completes, as they came. */
  push(chunk: string): readonly string[] {
    const text = this.#rest + chunk;
    const replies: string[] = [];
    let from = 0;
    let at = text.indexOf(prompt, Math.max(0, this.#searched));
    while (at >= 0) {
      replies.push(text.slice(from, at));
      from = at + prompt.length;
      at = text.indexOf(prompt, from);
    }
    this.#rest = text.slice(from);
    this.#searched = Math.max(0, this.#rest.length - prompt.length + 1);
    return replies;
  }

  /** What came after the last prompt: the words of a reply that was cut off. */
  get rest(): string {
    return this.#rest;
  }
}

/** The reply without the `+ ` prompts that HAProxy prints while it reads a payload, and without newlines around it. */
export function cleanReply(reply: string, payloadPrompts: number): string {
  let from = 0;
  for (let seen = 0; seen < payloadPrompts && reply.startsWith('+ ', from); seen++) from += 2;
  let to = reply.length;
  while (from < to && reply.charCodeAt(from) === 10) from++;
  while (to > from && reply.charCodeAt(to - 1) === 10) to--;
  return reply.slice(from, to);
}
