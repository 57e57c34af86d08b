import { storableText } from './storable-text.js';

describe('storable-text', () => {
  it.each([
    ['as it is', 20, 'as it is'],
    ['cut here', 3, 'cut'],
    ['a\0b', 20, 'a\ufffdb'],
    ['a\ud800b\udc00', 20, 'a\ufffdb\ufffd'],
    ['ab\u{1f600}', 4, 'ab\u{1f600}'],
    ['ab\u{1f600}', 3, 'ab'],
    ['ab\ud800c', 3, 'ab'],
    ['', 3, ''],
  ])('makes of %j, at most %s long, %j', (text, max, stored) => {
    expect(storableText(text, max)).toBe(stored);
  });
});
