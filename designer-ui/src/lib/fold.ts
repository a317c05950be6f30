/** Text for comparing: lower case, no accents, so that "lodz" finds "Łódź". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/[łŁ]/g, 'l')
    .toLowerCase();
}

/**
 * How well a query fits a text: higher is better, null is no match. Every word must be found, as a word start
 * (best), inside, or as letters in order.
 */
export function matchScore(query: string, text: string): number | null {
  const folded = fold(text);
  let score = 0;
  for (const word of fold(query).split(/\s+/).filter(Boolean)) {
    const at = folded.indexOf(word);
    if (at === 0) score += 4;
    else if (at > 0) score += /[^\p{L}\p{N}]/u.test(folded[at - 1] ?? '') ? 3 : 2;
    else if (lettersInOrder(word, folded)) score += 1;
    else return null;
  }
  return score;
}

function lettersInOrder(word: string, text: string): boolean {
  let at = -1;
  for (const letter of word) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}
